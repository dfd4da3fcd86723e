import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { InputError } from '../../../src/model/diagnostic.ts';
import { loadProject } from '../../../src/project/project.ts';
import { createVault } from '../../../src/project/vault.ts';
import { parseCfg } from '../../../src/settings/cfg.ts';
import { readSettings } from '../../../src/settings/read.ts';
import { tree } from './tree.ts';

const PLAY = (keys = '', ofTask = '') =>
  `- hosts: all\n${keys}  tasks:\n    - nic_limits: {rules: [{domain: a, rate: 1 MB/s}]}\n${ofTask}`;

/** What becomes of settings below a play and hosts with variables. */
async function load(cfg: string, hosts: string, play = PLAY()) {
  const root = await tree({ 'hosts.yml': `all: {hosts: {${hosts}}}`, 'p.yml': play });
  const around = { env: {}, home: root, cwd: root };
  const { plays } = await loadProject(
    { playbooks: [join(root, 'p.yml')] },
    {
      inventory: [join(root, 'hosts.yml')],
      tags: { only: [], skip: [] },
      vault: createVault([], async () => randomBytes(4).toString('hex')),
      connection: { localUser: 'me', home: root },
      askSecrets: async () => ({ become: {} }),
      settings: readSettings(parseCfg(cfg, join(root, 'ansible.cfg')).cfg, around),
    },
  );
  return plays.flatMap((one) => one.batches.flat());
}

describe('settings', () => {
  it('of connections hold where neither the host nor its play says anything', async () => {
    const ports = async (play?: string) =>
      (
        await load(
          '[defaults]\nremote_port = 2200\n',
          'a: {}, b: {ansible_port: 2201}, c: {ansible_port: null}, d: {ansible_ssh_port: 2202}',
          play,
        )
      ).map(({ target }) => target.port);
    expect(await ports()).toEqual([2200, 2201, 2200, 2202]);
    expect(await ports(PLAY('  port: 2203\n'))).toEqual([2203, 2201, 2200, 2202]);
  });

  it('of connections are no variables', async () => {
    const play = PLAY('', '      when: ansible_port is undefined\n');
    expect((await load('[defaults]\nremote_port = 2200\n', 'a: {}', play))[0]?.tasks).toHaveLength(1);
  });

  it('that are wrong for a host are told where they were written', async () => {
    const wrong = await load(
      '[defaults]\n\ntransport = paramiko\n',
      'a: {}, b: {ansible_connection: local}',
    ).catch((error: InputError) => error);
    expect(wrong).toBeInstanceOf(InputError);
    expect((wrong as InputError).diagnostics).toMatchObject([
      { message: expect.stringContaining('"paramiko" is not supported'), place: { line: 3 } },
    ]);
  });

  it('any_errors_fatal is what plays and tasks do not say otherwise', async () => {
    const fatal = async (play: string) =>
      (await load('[defaults]\nany_errors_fatal = on\n', 'a: {}', play))[0]?.tasks[0]?.options
        ?.anyErrorsFatal;
    expect(await fatal(PLAY())).toBe(true);
    expect(await fatal(PLAY('  any_errors_fatal: false\n'))).toBe(false);
    expect(await fatal(PLAY('', '      any_errors_fatal: false\n'))).toBe(false);
  });
});
