import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { address, countSince, sshdLog, sshdSetting } from './connection/lab_ssh.ts';
import { keygen } from './connection/sshd.ts';
import { drawn } from './draw.ts';
import { LAB, lab, type Played, readPlayed, startVirtune, virsh, write } from './lab.ts';

/**
 * Whole runs over hosts that only a bastion can reach: hv02 is plugged into hv01, hv03 into hv02. Each host of the
 * inventory is one more name for hv02 or hv03, with a VM of its own.
 */
describe.skipIf(LAB === '')('hosts behind bastions', { concurrent: false }, () => {
  const NEAR = Array.from({ length: 20 }, (_, i) => `near-${i}`);
  const FAR = Array.from({ length: 20 }, (_, i) => `far-${i}`);
  const PASSPHRASE = 'tr0ub4dor and 4';
  const dir = mkdtempSync(join(tmpdir(), 'virtune-bastion-'));
  const config = join(dir, 'config');
  let rate = 100;

  beforeAll(async () => {
    for (const [host, names] of [
      ['hv02', NEAR],
      ['hv03', FAR],
    ] as const) {
      const nic = (i: number) => [
        '--nic',
        `<interface type='bridge'><mac address='52:54:00:ba:00:${(i + 16).toString(16)}'/><source bridge='br0'/></interface>`,
      ];
      const guests = names.flatMap((name, i) => ['--', `bast-${name}`, '--off', ...nic(i)]);
      await lab(['guest', host, ...guests.slice(1)]);
    }
    await lab(['behind', 'hv02', 'hv01']);
    await lab(['behind', 'hv03', 'hv02']);
    configure(join(LAB, 'id_ed25519'));
  });
  // Fresh ones, where all the lab can reach them.
  afterAll(async () => {
    await lab(['restart', 'hv02']);
    await lab(['restart', 'hv03']);
  });

  function configure(key: string): void {
    const text = `
Host near-*
  HostName ${address('hv02')}
  ProxyJump hv01
Host far-*
  HostName ${address('hv03')}
  ProxyJump hv02
Host hv01
  HostName ${address('hv01')}
Host hv02
  HostName ${address('hv02')}
  ProxyJump hv01
Host *
  User root
  IdentityFile ${key}
  IdentitiesOnly yes
  UserKnownHostsFile ${join(LAB, 'known_hosts')}
  StrictHostKeyChecking yes
`;
    writeFileSync(config, text);
  }

  async function runOver(
    names: readonly string[],
    vars: object,
    env: NodeJS.ProcessEnv = {},
  ): Promise<Played> {
    const rules = [{ domain: 'bast-{{ inventory_hostname }}', inbound: ++rate }];
    // Each with a URI of its own: names of one libvirt share one connection.
    const hosts = Object.fromEntries(
      names.map((name, index) => [name, { libvirt_uri: `qemu:///system?no_tty=${index + 1}` }]),
    );
    const all = { hosts, vars: { ansible_ssh_common_args: `-F ${config}`, ...vars } };
    const written = write({ rules }, { hosts: 'all', lab: '', inventory: { all } });
    const file = join(written.dir, 'report.json');
    const args = ['run', written.playbook, ...written.inventory, '--report', `json=${file}`];
    return readPlayed(await startVirtune(args, env).ended, file);
  }

  async function expectAllChanged(played: Played, names: readonly string[]): Promise<void> {
    const wrong = played.report.hosts.filter(({ status }) => status !== 'changed');
    expect(wrong.map(({ name, error }) => `${name}: ${error}`)).toEqual([]);
    expect([played.code, played.report.summary.hosts.changed]).toEqual([0, names.length]);
    // The judge: one that the first hop leads to, and one that the second does.
    for (const [host, name] of [
      ['hv02', NEAR[19]],
      ['hv03', FAR[19]],
    ] as const)
      if (names.includes(name as string))
        expect(await virsh(host, 'dumpxml', `bast-${name}`)).toContain(`<inbound average='${rate}'/>`);
  }

  it('cannot be reached past them', async () => {
    for (const host of ['hv02', 'hv03']) {
      const outcome = await new Promise((done) => {
        const socket = connect({ host: address(host), port: 22, timeout: 5_000 });
        socket.on('connect', () => done('connected'));
        socket.on('timeout', () => done('unreachable'));
        socket.on('error', () => done('unreachable'));
      });
      expect(outcome, host).toBe('unreachable');
    }
    const hop = await lab([
      'exec',
      'hv01',
      'bash',
      '-c',
      `(: </dev/tcp/${address('hv03')}/22) 2>&1; echo $?`,
    ]);
    expect(hop).toMatch(/1\n$/);
    const played = await runOver(['near-0'], {
      ansible_ssh_common_args: `-F ${config} -o ProxyJump=none -o ConnectTimeout=2`,
    });
    expect([played.code, played.report.hosts[0]?.status]).toEqual([4, 'unreachable']);
  });

  describe.each(drawn(['ssh', 'openssh'], 1))('over %s', (kind) => {
    const vars = { ansible_connection: kind };

    it('one and two hops away, forty hosts in one run', async () => {
      const before = { hv01: sshdLog('hv01').length, hv02: sshdLog('hv02').length };
      await expectAllChanged(await runOver([...NEAR, ...FAR], vars), [...NEAR, ...FAR]);
      if (kind !== 'ssh') return;
      expect(countSince('hv01', before.hv01, /Accepted publickey/)).toBe(1);
      // Its own twenty hosts, and one login that leads to those behind it.
      expect(countSince('hv02', before.hv02, /Accepted publickey/)).toBe(NEAR.length + 1);
    });

    it.runIf(kind === 'ssh' || LONG)(
      'whose sshd sheds load, as the bastions do (MaxStartups 2:50:4)',
      async () => {
        const hosts = ['hv01', 'hv02', 'hv03'];
        for (const host of hosts) await sshdSetting(host, 'MaxStartups 2:50:4', true);
        try {
          const before = { hv02: sshdLog('hv02').length };
          await expectAllChanged(await runOver([...NEAR, ...FAR], vars), [...NEAR, ...FAR]);
          expect(countSince('hv02', before.hv02, /drop connection|past MaxStartups/)).toBeGreaterThan(0);
        } finally {
          for (const host of hosts) await sshdSetting(host, 'MaxStartups 2:50:4', false);
        }
      },
    );

    describe('with an encrypted key', () => {
      const keys = join(LAB, 'hosts');
      let key = '';
      const some = ['near-19', 'near-1', 'far-19', 'far-1'];

      beforeAll(() => {
        key = keygen(join(mkdtempSync(join(dir, 'key-')), 'secret'), 'ed25519', PASSPHRASE);
        for (const host of ['hv01', 'hv02', 'hv03'])
          writeFileSync(join(keys, host, 'authorized_keys'), readFileSync(`${key}.pub`));
        configure(key);
      });
      afterAll(() => {
        for (const host of ['hv01', 'hv02', 'hv03'])
          writeFileSync(join(keys, host, 'authorized_keys'), readFileSync(join(LAB, 'id_ed25519.pub')));
        configure(join(LAB, 'id_ed25519'));
      });

      it('whose passphrase comes from SSH_ASKPASS', async () => {
        const asked = join(dir, `asked-${kind}`);
        const askpass = join(dir, `askpass-${kind}`);
        writeFileSync(askpass, `#!/bin/sh\necho "$1" >>${asked}\necho '${PASSPHRASE}'\n`);
        chmodSync(askpass, 0o700);
        const played = await runOver(some, vars, { SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' });
        await expectAllChanged(played, some);
        expect(readFileSync(asked, 'utf8')).toMatch(/^.*passphrase.*\n$/i);
        expect(`${played.stdout}${played.stderr}${JSON.stringify(played.report)}`).not.toContain(PASSPHRASE);
      });

      it('that ssh-agent holds', async () => {
        const socket = join(dir, `agent-${kind}`);
        const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
        try {
          while (!existsSync(socket)) await new Promise((done) => setTimeout(done, 20));
          const askpass = join(dir, `askpass-${kind}`);
          const env = { SSH_AUTH_SOCK: socket, SSH_ASKPASS: askpass, SSH_ASKPASS_REQUIRE: 'force' };
          execFileSync('ssh-add', ['-q', key], { env: { ...process.env, ...env }, stdio: 'ignore' });
          await expectAllChanged(await runOver(some, vars, { SSH_AUTH_SOCK: socket, SSH_ASKPASS: '' }), some);
        } finally {
          agent.kill();
        }
      });
    });
  });
});
