import { describe, expect, it } from 'vitest';
import { stateFolder } from '../../../src/record/folder.ts';
import { whoOf } from '../../../src/record/who.ts';

const ALICE = { user: 'alice', uid: 1000, host: 'ctl01' };

describe('who', () => {
  it('is the user of the system, and who became it by sudo', () => {
    expect(whoOf(ALICE, {})).toEqual(ALICE);
    expect(whoOf({ ...ALICE, user: 'root', uid: 0 }, { SUDO_USER: 'alice' })).toMatchObject({
      sudoUser: 'alice',
    });
  });

  it('is in CI what its variables claim, without anything secret', () => {
    const env = {
      CI: 'true',
      GITHUB_ACTIONS: 'true',
      GITHUB_ACTOR: 'bob',
      GITHUB_RUN_ID: '7',
      GITHUB_TOKEN: 's3cret',
    };
    const { ci } = whoOf(ALICE, env);
    expect(ci).toEqual({ platform: 'GitHub Actions', claims: { GITHUB_ACTOR: 'bob', GITHUB_RUN_ID: '7' } });
    expect(whoOf(ALICE, { GITLAB_CI: 'true', GITLAB_USER_LOGIN: 'eve' }).ci?.claims).toEqual({
      GITLAB_USER_LOGIN: 'eve',
    });
    expect(whoOf(ALICE, { CI: 'true' }).ci).toEqual({ platform: 'CI', claims: {} });
    expect(whoOf(ALICE, { CI: 'false' }).ci).toBeUndefined();
  });
});

describe('the folder of the record', () => {
  const home = () => '/home/alice';

  it('is what the command line says, then VIRTUNE_STATE_DIR, then that of XDG', () => {
    const env = { VIRTUNE_STATE_DIR: '/v', XDG_STATE_HOME: '/x' };
    expect(stateFolder({ stateDir: '/s', env, home })).toBe('/s');
    expect(stateFolder({ env, home })).toBe('/v');
    expect(stateFolder({ env: { XDG_STATE_HOME: '/x' }, home })).toBe('/x/virtune');
    for (const XDG_STATE_HOME of ['', 'relative', undefined])
      expect(stateFolder({ env: { XDG_STATE_HOME }, home })).toBe('/home/alice/.local/state/virtune');
  });

  it('is an error where no home is known', () => {
    const nobody = () => {
      throw new Error('ENOENT');
    };
    for (const none of [nobody, () => ''])
      expect(() => stateFolder({ env: {}, home: none })).toThrow(/no home/);
  });
});
