import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Become } from '../../../src/connection/become/become.ts';
import type { Session } from '../../../src/connection/session.ts';
import { renderProgram } from '../../../src/libvirt/script.ts';
import { connector } from '../../unit/connection/connected.ts';
import { read } from '../connection/channels.ts';
import { labTarget } from '../connection/lab_ssh.ts';
import { LAB, lab } from '../lab.ts';
import { doasConf, HOST, onHost, PASSWORD, prepareHost, sudoers } from './host.ts';

const MARK = `vt${'c'.repeat(24)}`;

/** Says who it is, repeats each line of its input, and says when that has ended. */
const PROGRAM = renderProgram(
  'echo "$1:begin"; id -un; while read -r line; do echo "got $line"; done; echo end; exit 3',
  [MARK],
);

/** What a host lets its login do, and what the login has for it. */
const RIGHTS: readonly (readonly [name: string, login: string, rules: string, become: Become])[] = [
  [
    'sudo without a password',
    'virtune',
    'virtune ALL=(root) NOPASSWD: ALL\n',
    { method: 'sudo', user: 'root' },
  ],
  [
    'sudo with a password',
    'pw',
    'pw ALL=(root) ALL\n',
    { method: 'sudo', user: 'root', password: () => PASSWORD },
  ],
  [
    'sudo with a password that nobody needs',
    'pw',
    'pw ALL=(root) NOPASSWD: ALL\n',
    { method: 'sudo', user: 'root', password: () => PASSWORD },
  ],
  ['doas', 'virtune', '', { method: 'doas', user: 'root' }],
];

const ROUTES = [
  ['direct', ''],
  ['behind a jump host', `Host ${HOST}\n  ProxyJump hv01`],
] as const;

describe.skipIf(LAB === '')(
  'standard input of programs that run as another user',
  { concurrent: false },
  () => {
    beforeAll(async () => {
      await prepareHost();
      await doasConf('permit nopass virtune as root\n');
    });
    afterAll(async () => {
      await sudoers('');
      await lab(['restart', HOST]);
    });

    const session = async (kind: 'ssh' | 'openssh', route: string, user: string, become: Become) => {
      const target = await labTarget(HOST, route, { ansible_connection: kind, ansible_user: user });
      const opened = await connector.connect(target, { become });
      sessions.push(opened);
      return opened;
    };
    const sessions: Session[] = [];
    afterEach(() => {
      for (const opened of sessions.splice(0)) opened.close();
    });

    describe.each(['ssh', 'openssh'] as const)('over %s', (kind) => {
      describe.each(ROUTES)('%s', (_, route) => {
        it.each(RIGHTS)('reaches them whole: %s', async (_name, user, rules, become) => {
          await sudoers(rules);
          const open = await session(kind, route, user, become);
          const channel = await open.open(PROGRAM);
          await Promise.all([channel.write('one\n'), channel.write('two\n')]);
          expect(await read(channel, 4)).toEqual([`${MARK}:begin`, 'root', 'got one', 'got two']);
          const { stdout, code, stderr } = await open.exec(PROGRAM, 'three\nfour');
          expect([stdout, stderr, code]).toEqual([`${MARK}:begin\nroot\ngot three\nend\n`, '', 3]);
          const without = await open.exec(PROGRAM);
          expect(without.stdout).toBe(`${MARK}:begin\nroot\nend\n`);
          channel.end();
          expect(await read(channel)).toEqual(['end']);
          expect(await channel.ended).toEqual({ code: 3, stderr: '' });
        });

        it('ends with the reason where the password is wrong', async () => {
          await sudoers('pw ALL=(root) ALL\n');
          const open = await session(kind, route, 'pw', {
            method: 'sudo',
            user: 'root',
            password: () => 'x',
          });
          const channel = await open.open(PROGRAM);
          void channel.write('one\n');
          await expect(read(channel)).rejects.toMatchObject({ code: 'become_password_wrong' });
          await expect(channel.ended).rejects.toMatchObject({ code: 'become_password_wrong' });
        });

        it('that are closed end on the host', async () => {
          await sudoers('pw ALL=(root) ALL\n');
          const open = await session(kind, route, 'pw', {
            method: 'sudo',
            user: 'root',
            password: () => PASSWORD,
          });
          const channel = await open.open(PROGRAM);
          expect(await read(channel, 2)).toEqual([`${MARK}:begin`, 'root']);
          channel.close();
          await onHost(`while pgrep -f '^/bin/sh -c .*${MARK}' >/dev/null; do sleep 0.05; done`);
        });
      });
    });
  },
);
