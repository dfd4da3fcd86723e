import { describe, expect, it } from 'vitest';
import { maskArguments, maskText, recordedArguments } from '../../../src/cli/mask.ts';

describe('masks', () => {
  it.each([
    ['ansible_become_password=hunter2'],
    ['a=1 ansible_become_pass="hunter2 x"'],
    ['--extra-vars=ansible_sudo_pass=hunter2'],
    ['-eansible_password=hunter2'],
    ['{"ansible_ssh_pass":"hunter2"}'],
    ['{"passphrase": "hunter2"}'],
  ])('hides %s', (arg) => {
    expect(maskArguments(['run', '-e', arg]).join(' ')).not.toContain('hunter2');
  });

  it('leaves of the address of a notification the host alone', () => {
    const secret = 'https://hooks.example/services/T0/hunter2';
    expect(
      maskArguments(['--notify', `slack=${secret}`, `--notify=${secret}`, '--notify', 'https://h?hunter2']),
    ).toEqual([
      '--notify',
      'slack=https://hooks.example/********',
      '--notify=https://hooks.example/********',
      '--notify',
      'https://h/********',
    ]);
    expect(maskArguments(['--notify', 'https://user:hunter2@h/']).join()).not.toContain('hunter2');
  });

  it.each(['-K', '--ask-become-pass', '@vars/passwords.yml', 'a=b', '--limit=passage', '-i', 'compass.yml'])(
    'leaves %s alone',
    (arg) => {
      expect(maskArguments([arg])).toEqual([arg]);
    },
  );

  it.each([
    [['-e', 'token=hunter2'], '-e token=********'],
    [['-e', 'a=1 token=hunter2 b'], '-e a=********'],
    [['-etoken=hunter2'], '-etoken=********'],
    [['-Ce', 'token=hunter2'], '-Ce token=********'],
    [['-Cetoken=hunter2'], '-Cetoken=********'],
    [['--extra-vars', '{"token":"hunter2"}'], '--extra-vars ********'],
    [['--extra-vars=token=hunter2'], '--extra-vars=token=********'],
    [['-e', '@secrets.yml'], '-e @secrets.yml'],
    [['-e', '@secrets.yml', '-e', 'hunter2'], '-e @secrets.yml -e ********'],
    [['-i', 'e=x.yml', '-lhome', '-u', 'me', '-C'], '-i e=x.yml -lhome -u me -C'],
  ])('leaves of extra variables the names alone, for the record: %j', (args, kept) => {
    expect(recordedArguments(args).join(' ')).toBe(kept);
  });

  it('hides values in excerpts, and keeps columns', () => {
    const line = 'hv1: { ansible_become_password: hunter2, x: 1 }';
    expect(maskText(`${line}\nnext: 2`)).toBe(`hv1: { ansible_become_password: ******** ** * *\nnext: 2`);
    expect(maskText("a_pass = 'x y'\r\nb")).toBe('a_pass = ** **\r\nb');
  });
});
