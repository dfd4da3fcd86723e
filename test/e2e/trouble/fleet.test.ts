import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExecFault, SshFaults } from '../../../src/sim/ssh_faults.ts';
import type { ReportedHost } from '../lab.ts';
import { type Played, play, type Simulated, simulate, write } from '../lab.ts';
import { half, hostOf, lastRate, newKey, newRate, scratch } from './shared.ts';

/** Hosts in every kind of trouble: each ends as its own named outcome, the others of the same run go on and are
 * changed, and the report accounts for all of them (which `play` checks of every report). */

describe('a fleet in which much is wrong (simulated hosts)', { concurrent: false }, () => {
  interface Trouble {
    readonly host: string;
    readonly faults?: Partial<SshFaults>;
    /** Variables of the host, or what makes them. */
    readonly vars?: () => Record<string, unknown>;
    readonly status: ReportedHost['status'];
    readonly code: string;
    readonly says: RegExp;
  }

  const exec = (...execs: ExecFault[]): Partial<SshFaults> => ({ execs });

  const troubles: readonly Trouble[] = [
    {
      host: 'down',
      faults: { connect: 'refuse' },
      status: 'unreachable',
      code: 'refused',
      says: /refused the connection; is sshd running on that port\?/,
    },
    {
      host: 'silent',
      faults: { connect: 'silent' },
      status: 'unreachable',
      code: 'timeout',
      says: /did not complete the SSH handshake within 2 s/,
    },
    {
      host: 'nameless',
      vars: () => ({ ansible_host: 'no-such-host.invalid' }),
      status: 'unreachable',
      code: 'dns',
      says: /no-such-host\.invalid could not be resolved/,
    },
    {
      host: 'mail-server',
      faults: { connect: 'garbage' },
      status: 'unreachable',
      code: 'protocol',
      says: /is not an SSH server: it sent "220 mail\.example\.net/,
    },
    {
      host: 'hangs-up',
      faults: { connect: 'close' },
      status: 'unreachable',
      code: 'closed',
      says: /closed the connection before the login/,
    },
    {
      host: 'handshake-cut',
      faults: { closeAfterBytes: 1000 },
      status: 'unreachable',
      code: 'closed',
      says: /closed the connection before the login|was lost during the login/,
    },
    {
      host: 'unknown-key',
      vars: () => ({ virtune_known_hosts_file: scratch('known hosts', '') }),
      status: 'unreachable',
      code: 'host_key_unknown',
      says: /run: ssh-keyscan -t ed25519 -p \d+ 127\.0\.0\.1 >> '\/\S+\/known hosts' \(or use --accept-new-host-keys\)/,
    },
    {
      host: 'changed-key',
      vars: () => {
        const [type, key] = readFileSync(`${newKey()}.pub`, 'utf8').split(' ');
        const { port } = sim.server('changed-key');
        return { virtune_known_hosts_file: scratch('known_hosts', `[127.0.0.1]:${port} ${type} ${key}\n`) };
      },
      status: 'unreachable',
      code: 'host_key_changed',
      says: /known_hosts:1 has an ED25519 key SHA256:.*if the change is meant, run: ssh-keygen -R '\[127\.0\.0\.1\]:\d+' -f \//,
    },
    {
      host: 'no-key-file',
      vars: () => ({ ansible_ssh_private_key_file: '/no/such/key' }),
      status: 'unreachable',
      code: 'key_file',
      says: /\/no\/such\/key/,
    },
    {
      host: 'wrong-key',
      vars: () => ({ ansible_ssh_private_key_file: newKey() }),
      status: 'unreachable',
      code: 'auth',
      says: /tried key \/.*; it accepts publickey/,
    },
    {
      host: 'no-exec',
      faults: exec({ refuse: true }),
      status: 'unreachable',
      code: 'closed',
      says: /did not start the command/,
    },
    {
      host: 'answer-cut',
      faults: exec({ cut: { afterBytes: 500, how: 'drop' } }),
      status: 'unreachable',
      code: 'closed',
      says: /the connection to answer-cut .* was lost/,
    },
    {
      host: 'answer-hangs',
      faults: exec({ cut: { afterBytes: 500, how: 'hang' } }),
      vars: () => ({ ansible_command_timeout: 2 }),
      status: 'unreachable',
      code: 'exec_timeout',
      says: /sent nothing for 2 s while a command ran/,
    },
    {
      host: 'answer-ends-early',
      faults: exec({ corrupt: half }),
      status: 'failed',
      code: 'cut',
      says: /the answer of the host ends early/,
    },
    {
      host: 'script-killed',
      faults: exec({ corrupt: half, signal: 'KILL' }),
      status: 'failed',
      code: 'cut',
      says: /the answer of the host ends early/,
    },
    {
      host: 'talks-nonsense',
      faults: exec({ corrupt: () => 'Welcome to FooOS!\n\0\u0001\ufffd%!$\n' }),
      status: 'failed',
      code: 'no_answer',
      says: /the host did not run the script/,
    },
    {
      host: 'another-list',
      // The table that virsh 10.7.0 printed for `list --uuid`: nothing in it can be taken for a VM.
      faults: exec({ corrupt: (text) => text.replaceAll(/^[0-9a-f-]{36} sim$/gm, ' 1    sim    running') }),
      status: 'failed',
      code: 'garbled',
      says: /list/,
    },
    {
      host: 'broken-xml',
      faults: exec({ corrupt: (text) => text.replace('</interface>', '</interfaze>') }),
      status: 'failed',
      code: 'unreadable',
      says: /could not read 1 of the VMs: sim: not well-formed XML/,
    },
  ];

  const noise = {
    banner: 'AUTHORISED USE ONLY\n'.repeat(100),
    noise: {
      stdout: 'Last login: today\nno end of line',
      stderr: 'error: stty: not a tty\nwarning: \x1b[2J',
    },
  };
  const fine = ['fine-1', 'noisy', 'fine-2'];
  let sim: Simulated;
  let played: Played;

  const rules = (rate: number) => ({ rules: [{ domain: 'sim', inbound: rate }] });
  const inventory = (...hosts: readonly Trouble[]) => ({
    all: { hosts: Object.fromEntries(hosts.map(({ host, vars }) => [host, vars?.() ?? {}])) },
  });

  beforeAll(async () => {
    const faults = Object.fromEntries(troubles.map((trouble) => [trouble.host, trouble.faults ?? {}]));
    // Healthy hosts at the beginning, in the middle and at the end.
    const names = troubles.map(({ host }) => host);
    names.splice(0, 0, 'fine-1');
    names.splice(8, 0, 'noisy');
    sim = await simulate([...names, 'fine-2'], { ...faults, noisy: noise });
    played = await play(
      write(rules(newRate()), { hosts: 'all', lab: sim.inventory, inventory: inventory(...troubles) }),
      '--timeout',
      '2',
    );
  });
  afterAll(() => sim?.close());

  it.each(troubles)('$host: $code', ({ host, status, code, says }) => {
    const result = hostOf(played, host);
    expect([result.status, result.errorCode, result.error]).toEqual([
      status,
      code,
      expect.stringMatching(says),
    ]);
    expect([result.resources, sim.limits(host)]).toEqual([[], null]);
  });

  it.each(fine)('%s: changed all the same', (name) => {
    expect(hostOf(played, name)).toMatchObject({ status: 'changed', resources: [{ status: 'changed' }] });
    expect(sim.limits(name)?.inbound?.average).toBe(lastRate());
  });

  it('accounts for every host, says so, exits 3, and no host holds up the others', () => {
    const unreachable = troubles.filter(({ status }) => status === 'unreachable').length;
    expect(played.code).toBe(3);
    expect(played.report.summary.hosts).toEqual({
      total: troubles.length + fine.length,
      ok: 0,
      changed: fine.length,
      failed: troubles.length - unreachable,
      unreachable,
      refused: 0,
      skipped: 0,
    });
    for (const { host, status } of troubles) {
      // At once, and again at the end.
      expect(played.stderr).toMatch(new RegExp(`^! ${host}: ${status}: `, 'm'));
      expect(played.stdout).toMatch(new RegExp(`(^|[ !])${host}[ ,:].*$`, 'm'));
    }
    // Those in order are done before the slowest of those in trouble is given up.
    const longest = (names: readonly string[]) =>
      Math.max(...names.map((name) => hostOf(played, name).durationMs));
    expect(longest(fine)).toBeLessThan(longest(troubles.map(({ host }) => host)));
  });

  it('exits 4 where hosts were merely unreachable, 3 where one failed', async () => {
    const written = write(rules(newRate()), { hosts: 'all', lab: sim.inventory });
    const limited = (hosts: string, ...args: string[]) =>
      play(written, '--timeout', '2', '--limit', hosts, ...args);
    expect((await limited('down,fine-1')).code).toBe(4);
    expect((await limited('talks-nonsense,fine-1')).code).toBe(3);
    expect((await limited('down,talks-nonsense,fine-1')).code).toBe(3);
    expect((await limited('down,fine-2', '--check')).code).toBe(4);
  });

  it('the next run makes everything good that has recovered', async () => {
    const recovered = troubles.filter(({ faults }) => faults?.connect !== 'refuse' && faults !== undefined);
    for (const { host } of recovered)
      Object.assign(sim.server(host).faults, { connect: 'ok', closeAfterBytes: null, execs: [] });
    const again = await play(
      write(rules(newRate()), { hosts: 'all', lab: sim.inventory }),
      '--limit',
      [...fine, ...recovered.map(({ host }) => host)].join(','),
    );
    expect([again.code, again.report.summary.hosts.changed]).toEqual([0, fine.length + recovered.length]);
  });
});
