import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../../long.ts';
import { bandwidth, LAB, lab, play, virtune } from '../lab.ts';
import {
  docsFile,
  fromDocs,
  HOST,
  keyWith,
  libvirtd,
  newPlay,
  onHost,
  PASSWORD,
  prepareHost,
  sudoers,
} from './host.ts';

/** Confirmed applies of logins that are not root: what watches over them, and whose it is. */
describe.skipIf(LAB === '')(
  'a change that undoes itself, by rights of every kind',
  { concurrent: false },
  () => {
    const state = mkdtempSync(join(tmpdir(), 'virtune-confirm-as-'));
    const PW = { ansible_user: 'pw', ansible_become: true, ansible_become_password: PASSWORD };
    const LOGIN = { ansible_user: 'virtune', ansible_become: true };
    let uuid = '';

    beforeAll(async () => {
      uuid = await prepareHost();
    });
    afterEach(() => sudoers(''));
    afterAll(() => lab(['restart', HOST]));

    const both = async () => [
      (await bandwidth(HOST, uuid))[0],
      (await bandwidth(HOST, uuid, '--inactive'))[0],
    ];
    /** Folders of watchdogs with their owners, and processes of theirs. */
    const left = async () =>
      (
        await onHost(
          'stat -c "%n %U" /run/virtune-* /dev/shm/virtune-* 2>/dev/null || :; pgrep -fc "[w]ait.*virtune-2" || :',
        )
      )
        .trim()
        .split('\n')
        .map((line) => line.replace(/virtune-\S+/, 'virtune-X'));
    const NOTHING = ['0'];
    const confirm = () => virtune(['confirm', 'last', '--state-dir', state]);
    const run = async (vars: object, within: string) => {
      const written = newPlay(vars);
      const ran = await play(written, '--confirm-within', within, '--state-dir', state);
      expect([ran.code, ran.nics.map(({ status }) => status)], ran.stderr).toEqual([0, ['changed']]);
      return `<inbound average='${written.rate}'/>`;
    };

    /** Who watches, by the ways to the rights to write. */
    const ways: readonly [string, () => Promise<object>, string][] = [
      [
        'the lines for sudo of the docs',
        async () => {
          const line = fromDocs('sudoers-apply');
          await onHost(
            'usermod -aG virtune virtune || { groupadd --system virtune; usermod -aG virtune virtune; }',
          );
          await sudoers(docsFile('virtune.sudoers').replace(`# ${line}`, line));
          return LOGIN;
        },
        '/run/virtune-X root',
      ],
      [
        'sudo with a password',
        async () => {
          await sudoers('pw ALL=(root) ALL\n');
          return PW;
        },
        '/run/virtune-X root',
      ],
      [
        'a forced command',
        async () => {
          await onHost(
            `cd /tmp; cat >virtune-forced-command.sh; ${fromDocs('install')}`,
            docsFile('virtune-forced-command.sh'),
          );
          return { ansible_user: 'root', ansible_ssh_private_key_file: keyWith(fromDocs('key-apply')) };
        },
        '/run/virtune-X root',
      ],
      [
        'the group of the socket',
        async () => {
          await libvirtd(fromDocs('group'));
          await onHost(fromDocs('group-login'));
          return { ansible_user: 'virtune' };
        },
        '/dev/shm/virtune-X virtune',
      ],
    ];

    // One of them after every change: each takes some seconds.
    it.each(LONG ? ways : ways.slice(0, 1))('%s', async (_, prepare, watches) => {
      const vars = await prepare();
      const [, before] = await both();
      const set = await run(vars, '5m');
      expect(await both()).toEqual([set, before]);
      expect(await left()).toEqual([watches, '1']);
      const kept = await confirm();
      expect(kept.code, kept.stdout + kept.stderr).toBe(0);
      expect(kept.stdout + kept.stderr).not.toContain(PASSWORD);
      expect(await both()).toEqual([set, set]);
      expect(await left()).toEqual(NOTHING);

      // And where nobody confirms it, nobody's rights are needed any more.
      const again = await run(vars, '4s');
      expect(await both()).toEqual([again, set]);
      for (let tries = 0; tries < 150 && (await left()).length > 1; tries++) await sleep(100);
      expect(await left()).toEqual(NOTHING);
      expect(await both()).toEqual([set, set]);
      const late = await confirm();
      expect([late.code, late.stdout]).toEqual([6, expect.stringContaining('too late, nothing was written')]);
      expect(await both()).toEqual([set, set]);
    });

    it('a confirm without the right to become root keeps nothing, and says so', async () => {
      await sudoers('pw ALL=(root) ALL\n');
      const [, before] = await both();
      const set = await run(PW, '5m');
      await sudoers('');
      const refused = await confirm();
      expect(refused.code, refused.stdout + refused.stderr).toBe(3);
      expect(refused.stdout + refused.stderr).toMatch(/sudo|root/);
      expect(await both()).toEqual([set, before]);
      expect(await left()).toEqual(['/run/virtune-X root', '1']);
      await sudoers('pw ALL=(root) ALL\n');
      expect((await confirm()).code).toBe(0);
      expect([await both(), await left()]).toEqual([[set, set], NOTHING]);
    });
  },
);
