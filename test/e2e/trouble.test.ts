import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { HostResult } from '../../src/model/result.ts';
import type { ExecFault, SshFaults } from '../../src/sim/ssh_faults.ts';
import {
  bandwidth,
  bridgeNic,
  guest,
  LAB,
  lab,
  MAIN,
  type Played,
  play,
  readPlayed,
  removeGuests,
  run,
  type Simulated,
  simulate,
  startPlay,
  write,
} from './lab.ts';

/**
 * Hosts in every kind of trouble: each ends as its own named outcome, the others of the same run go on and are
 * changed, and the report accounts for all of them (which `play` checks of every report).
 */

let serial = 0;

/** A limit that no NIC here has yet. */
const newRate = () => 100 + ++serial;

const scratch = (name: string, content: string): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-trouble-')), name);
  writeFileSync(file, content, { mode: 0o600 });
  return file;
};

const newKey = (name = 'id_ed25519'): string => {
  const file = join(mkdtempSync(join(tmpdir(), 'virtune-trouble-')), name);
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', file]);
  return file;
};

const hostOf = (played: Played, name: string): HostResult => {
  const found = played.report.hosts.find((host) => host.name === name);
  if (found === undefined) throw new Error(`the report lacks ${name}`);
  return found;
};

const half = (text: string) => text.slice(0, text.length / 2);

describe('a fleet in which much is wrong (simulated hosts)', { concurrent: false }, () => {
  interface Trouble {
    readonly host: string;
    readonly faults?: Partial<SshFaults>;
    /** Variables of the host, or what makes them. */
    readonly vars?: () => Record<string, unknown>;
    readonly status: HostResult['status'];
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
    expect([result.nics, sim.limits(host)]).toEqual([[], null]);
  });

  it.each(fine)('%s: changed all the same', (name) => {
    expect(hostOf(played, name)).toMatchObject({ status: 'changed', nics: [{ status: 'changed' }] });
    expect(sim.limits(name)?.inbound?.average).toBe(100 + serial);
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
    for (const { host, status } of troubles)
      expect(played.stdout).toMatch(new RegExp(`^${host}: ${status}`, 'm'));
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

describe('hosts that are lost while they are written (simulated)', { concurrent: false }, () => {
  const cases: readonly (readonly [host: string, fault: ExecFault, status: string, message: RegExp])[] = [
    [
      'drops',
      { cut: { afterBytes: 60, how: 'drop' } },
      'unreachable',
      /lost before it was known whether this was written: run again/,
    ],
    ['hangs', { cut: { afterBytes: 60, how: 'hang' } }, 'unreachable', /sent nothing for 2 s/],
    ['refuses', { refuse: true }, 'unreachable', /did not start the command/],
    ['cuts', { corrupt: half }, 'failed', /written, but the VM could not be read back/],
  ];
  let sim: Simulated;
  let played: Played;
  const rate = newRate();
  const written = () =>
    write(
      { rules: [{ domain: 'sim', inbound: rate }] },
      { hosts: 'all', lab: sim.inventory, inventory: { all: { vars: { ansible_command_timeout: 2 } } } },
    );

  beforeAll(async () => {
    const faults = cases.map(([host, fault]) => [host, { execs: [{}, fault] }] as const);
    sim = await simulate([...cases.map(([host]) => host), 'fine'], Object.fromEntries(faults));
    played = await play(written());
  });
  afterAll(() => sim?.close());

  it.each(cases)('%s', (host, _, status, message) => {
    const result = hostOf(played, host);
    expect([result.status, result.nics.map((nic) => nic.status)]).toEqual([status, [status]]);
    expect(result.nics[0]?.message).toMatch(message);
    expect(result.nics[0]?.after).toBeNull();
  });

  it('goes on with the others', () => {
    expect([played.code, hostOf(played, 'fine').status]).toEqual([3, 'changed']);
  });

  it('finds out by the next run what was written', async () => {
    for (const [host] of cases) Object.assign(sim.server(host).faults, { execs: [] });
    const again = await play(written());
    const statuses = Object.fromEntries(again.report.hosts.map((host) => [host.name, host.status]));
    expect([again.code, statuses]).toEqual([
      0,
      { drops: 'ok', hangs: 'ok', refuses: 'changed', cuts: 'ok', fine: 'ok' },
    ]);
  });
});

describe('an interrupted run (simulated hosts)', { concurrent: false }, () => {
  const names = ['a', 'b', 'c', 'd', 'e', 'f'];
  let sim: Simulated;
  const slow = async (...execs: ExecFault[]) => {
    sim = await simulate(names, Object.fromEntries(names.map((name) => [name, { execs }])));
    return write({ rules: [{ domain: 'sim', inbound: newRate() }] }, { hosts: 'all', lab: sim.inventory });
  };
  const begun = async (count: number) => {
    while (names.filter((name) => sim.server(name).counts.execs >= count).length < 2) await sleep(20);
  };
  const statuses = (played: Played) => played.report.hosts.map(({ name, status }) => `${name} ${status}`);

  it.each(['SIGINT', 'SIGTERM'] as const)('%s once: ends what has begun, skips the rest', async (signal) => {
    const { child, ended } = startPlay(await slow({ delayMs: 800 }), '--forks', '2');
    await begun(1);
    child.kill(signal);
    const played = await ended;
    await sim.close();
    expect(played.code).toBe(130);
    expect(statuses(played)).toEqual([
      'a changed',
      'b changed',
      'c skipped',
      'd skipped',
      'e skipped',
      'f skipped',
    ]);
    expect(hostOf(played, 'c').error).toBe('the run was interrupted before its turn');
    expect(played.stderr).toContain('Interrupted: finishing the hosts that have begun.');
    expect(played.stdout).toMatch(/hosts: 6 in all: 2 changed, 4 skipped/);
    expect(names.map((name) => sim.limits(name) !== null)).toEqual([true, true, false, false, false, false]);
  });

  it('twice, while reading: ends at once', async () => {
    const { child, ended } = startPlay(await slow({ delayMs: 30_000 }), '--forks', '2');
    await begun(1);
    child.kill('SIGINT');
    await sleep(200);
    child.kill('SIGINT');
    const played = await ended;
    await sim.close();
    expect(played.code).toBe(130);
    expect(statuses(played).map((line) => line.slice(2))).toEqual([
      'unreachable',
      'unreachable',
      ...Array(4).fill('skipped'),
    ]);
    expect(hostOf(played, 'a')).toMatchObject({
      errorCode: 'aborted',
      error: expect.stringMatching(/interrupted/),
    });
    expect(names.map((name) => sim.limits(name))).toEqual(Array(6).fill(null));
  });

  it('twice, while writing: says that it is not known what was written', async () => {
    const { child, ended } = startPlay(await slow({}, { delayMs: 30_000 }), '--forks', '2');
    await begun(2);
    child.kill('SIGINT');
    await sleep(200);
    child.kill('SIGINT');
    const played = await ended;
    await sim.close();
    expect(played.code).toBe(130);
    for (const name of ['a', 'b']) {
      expect(hostOf(played, name)).toMatchObject({
        status: 'unreachable',
        errorCode: 'aborted',
        nics: [{ status: 'unreachable', message: expect.stringMatching(/before it was known whether/) }],
      });
    }
    expect(played.report.summary.hosts).toMatchObject({ total: 6, unreachable: 2, skipped: 4 });
  });
});

describe('readers that go away', { concurrent: false }, () => {
  const piped = (reader: string) => `node "$@" | ${reader}; exit "\${PIPESTATUS[0]}"`;
  let sim: Simulated;
  beforeAll(async () => {
    sim = await simulate(Array.from({ length: 40 }, (_, index) => `host-${index}`));
  });
  afterAll(() => sim?.close());

  it.each([
    ['run … | head -1', 'head -1', /^PLAY test: 40 hosts$/],
    ['run … | true', 'true', /^$/],
  ])('%s: the run goes on, and its report is whole', async (_, reader, shown) => {
    const written = write(
      { rules: [{ domain: 'sim', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const file = join(written.dir, 'report.json');
    const ran = await run('bash', [
      '-c',
      piped(reader),
      'bash',
      MAIN,
      'run',
      written.playbook,
      ...written.inventory,
      '--diff',
      '--report',
      `json=${file}`,
    ]);
    expect([ran.stderr, ran.stdout.trim()]).toEqual(['', expect.stringMatching(shown)]);
    const played = readPlayed(ran, file);
    expect([played.code, played.report.summary.hosts.changed]).toEqual([0, 40]);
    expect(sim.limits('host-39')?.inbound?.average).toBe(100 + serial);
  });

  it.each([
    ['show … | head -1', ['show']],
    ['show --report json | head -1', ['show', '--report', 'json']],
  ])('%s', async (_, args) => {
    const ran = await run('bash', ['-c', piped('head -1'), 'bash', MAIN, ...args, '-i', sim.inventory]);
    expect([ran.code, ran.stdout.split('\n').length]).toEqual([0, 2]);
    expect(ran.stderr).not.toContain('EPIPE');
  });
});

describe('hosts that mean harm to the terminal (simulated)', { concurrent: false }, () => {
  const EVIL = '\u001b[2J\u001b]0;pwned\u0007\u009b31m\u202ecba\u2066\r\b';
  let sim: Simulated;
  const replaced = (from: RegExp, to: string): Partial<SshFaults> => ({
    execs: [{ corrupt: (text) => text.replaceAll(from, to) }],
  });

  beforeAll(async () => {
    sim = await simulate(['names', 'macs', 'quotes', 'ids', 'errors', 'greets', 'fine'], {
      names: replaced(/<name>sim<|(?<=^[0-9a-f-]{36} )sim$/gm, `<name>sim${EVIL}<`),
      macs: replaced(/<mac address='[^']*'/g, `<mac address='52:54:00:00:00:01${EVIL}'`),
      quotes: replaced(/<mac address='[^']*'/g, '<mac address="\';$(reboot) #"'),
      ids: replaced(/[0-9a-f]{8}-[0-9a-f-]{27}/g, `0badc0de-0000-4000-8000-00000000000${EVIL}`),
      errors: { execs: [{ corrupt: () => '' }], noise: { stdout: '', stderr: `error: ${EVIL}\n` } },
      greets: { banner: EVIL, noise: { stdout: EVIL, stderr: EVIL } },
    });
  });
  afterAll(() => sim?.close());

  const harmless = (text: string) => {
    // Colours and the movements of a live view are virtune's own; nothing of these is.
    for (const part of ['\u001b[2J', '\u001b]0;', '\u0007', '\u009b', '\u202e', '\u2066', '\b', '\r']) {
      expect(text.indexOf(part), JSON.stringify(part)).toBe(-1);
    }
  };

  it.each([{ args: ['--check', '--diff', '-v'] }, { args: [] }])('in a pipe, $args', async ({ args }) => {
    const written = write(
      { rules: [{ domain: 'sim*', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const played = await play(written, ...args);
    harmless(played.stdout.replaceAll('\n', ''));
    harmless(played.stderr.replaceAll('\n', ''));
    expect(played.report.hosts.map((host) => host.name)).toHaveLength(7);
    expect(hostOf(played, 'fine').status).toBe('changed');
    expect(hostOf(played, 'greets').status).toBe('changed');
    for (const name of ['macs', 'quotes']) {
      expect(hostOf(played, name)).toMatchObject({ status: 'failed', errorCode: 'unreadable', nics: [] });
    }
    expect(played.stdout).toContain('\\x1b[2J');
  });

  it('on a terminal', async () => {
    const written = write(
      { rules: [{ domain: 'sim*', inbound: newRate() }] },
      { hosts: 'all', lab: sim.inventory },
    );
    const command = [
      process.execPath,
      MAIN,
      'run',
      written.playbook,
      ...written.inventory,
      '--check',
      '-D',
      '-v',
    ];
    const quoted = command.map((word) => `'${word}'`).join(' ');
    const ran = await run('script', ['-qec', quoted, '/dev/null'], { TERM: 'xterm-256color', NO_COLOR: '' });
    expect(ran.stdout).toContain('\x1b[');
    expect(ran.stdout).toContain('\\x1b[2J');
    harmless(ran.stdout.replaceAll(/\r+\n/g, ''));
  });
});

describe.skipIf(LAB === '')('a real host in trouble', { concurrent: false }, () => {
  const HOST = 'hv03';
  const BUSY_HOST = 'hv02';
  let sim: Simulated;
  let address = '';
  let uuid = '';
  const MAC = '52:54:00:ee:00:01';
  let drifting: { readonly held: Promise<Played>; readonly freed: Promise<Played> };

  beforeAll(async () => {
    await cleanUp();
    sim = await simulate(['fine']);
    drifting = await busyDomains();
    // Silent while they wait for their test.
    for (const promise of Object.values(drifting)) promise.catch(() => {});
    uuid = await guest(HOST, 'tr-real', '--nic', bridgeNic(MAC));
    address = /hv03:\s+ansible_host: (\S+)/.exec(readFileSync(join(LAB, 'inventory.yml'), 'utf8'))?.[1] ?? '';
  });
  afterAll(async () => {
    await sim?.close();
    await Promise.allSettled(Object.values(drifting ?? {}));
    await cleanUp();
  });

  const cleanUp = () => Promise.all([HOST, BUSY_HOST].map((host) => removeGuests(host, 'tr-')));

  const onHost = (script: string, ...args: string[]) => lab(['exec', HOST, 'bash', '-ec', script, ...args]);

  /** Puts the host into trouble for the time of a test. */
  const during = async <T>(begin: string, end: string, body: () => Promise<T>): Promise<T> => {
    try {
      await onHost(begin);
      return await body();
    } finally {
      await onHost(end);
    }
  };

  interface Beside extends Played {
    readonly host: HostResult;
    readonly rate: number;
  }

  const playbook = (vars: object, rule: object = {}) => {
    const rate = newRate();
    const written = write(
      { rules: [{ domain: ['tr-real', 'sim'], inbound: rate, ...rule }] },
      {
        hosts: `${HOST},fine`,
        inventory: { all: { hosts: { fine: sim.vars('fine'), [HOST]: vars } } },
      },
    );
    return { written, rate };
  };

  /** Runs a playbook on the host and on a healthy one, which must be changed. */
  const beside = async (vars: object = {}, ...args: string[]): Promise<Beside> => {
    const { written, rate } = playbook(vars);
    return judged(await play(written, ...args), rate);
  };

  const judged = async (played: Played, rate: number): Promise<Beside> => {
    expect(hostOf(played, 'fine').status).toBe('changed');
    expect(sim.limits('fine')?.inbound?.average).toBe(rate);
    return { ...played, rate, host: hostOf(played, HOST) };
  };

  const expectChanged = async ({ code, host, rate }: Beside) => {
    expect([code, host.status, host.error, host.nics.map((nic) => nic.message)]).toEqual([
      0,
      'changed',
      undefined,
      [undefined],
    ]);
    for (const flags of [[], ['--inactive']]) {
      expect(await bandwidth(HOST, uuid, ...flags)).toEqual([`<inbound average='${rate}'/>`]);
    }
  };

  const SSHD = 'kill -HUP $(cat /run/sshd.pid); sleep 0.3';

  describe('SSH', () => {
    it('no sshd', async () => {
      const { code, host } = await during(
        'kill $(cat /run/sshd.pid)',
        '/usr/sbin/sshd -E /run/lab/log/sshd.log',
        () => beside(),
      );
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'refused']);
    });

    it('an sshd that hangs', async () => {
      const { code, host } = await during(
        'kill -STOP $(cat /run/sshd.pid)',
        'kill -CONT $(cat /run/sshd.pid)',
        () => beside({}, '--timeout', '2'),
      );
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'timeout']);
      expect(host.error).toContain('did not complete the SSH handshake within 2 s');
    });

    it('no way there: its network is down', async () => {
      const { code, host } = await during('ip link set eth0 down', 'ip link set eth0 up', () =>
        beside({}, '--timeout', '2'),
      );
      expect([code, host.status]).toEqual([4, 'unreachable']);
      expect(host.errorCode).toMatch(/^(timeout|unreachable)$/);
    });

    it('an unknown host key: refused, and the command in the hint mends it', async () => {
      const file = scratch('known hosts', '');
      const { code, host } = await beside({ virtune_known_hosts_file: file });
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'host_key_unknown']);
      const scan = `ssh-keyscan -t ed25519 ${address} >> '${file}'`;
      expect(host.error).toContain(`run: ${scan} (or use --accept-new-host-keys)`);
      await run('sh', ['-c', scan]);
      await expectChanged(await beside({ virtune_known_hosts_file: file }));
    });

    it('an unknown host key: --accept-new-host-keys adds it', async () => {
      const file = scratch('known_hosts', '');
      await expectChanged(await beside({ virtune_known_hosts_file: file }, '--accept-new-host-keys'));
      // As the machine's ssh_config says (Debian's: hashed), so OpenSSH itself is asked.
      const found = await run('ssh-keygen', ['-F', address, '-f', file]);
      expect(found.stdout).toMatch(/ ssh-ed25519 \S+\n$/);
      expect(readFileSync(file, 'utf8').match(/\n/g)).toHaveLength(1);
    });

    it('a changed host key: refused, with --accept-new-host-keys too', async () => {
      const [type, key] = readFileSync(`${newKey()}.pub`, 'utf8').split(' ');
      const file = scratch('known_hosts', `${address} ${type} ${key}\n`);
      for (const args of [[], ['--accept-new-host-keys']]) {
        const { code, host } = await beside({ virtune_known_hosts_file: file }, ...args);
        expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'host_key_changed']);
        expect(host.error).toContain(`ssh-keygen -R ${address} -f ${file}`);
      }
    });

    it('a key that it does not let in', async () => {
      const key = newKey();
      const { code, host } = await beside({ ansible_ssh_private_key_file: key });
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'auth']);
      expect(host.error).toContain(`tried key ${key}; it accepts publickey`);
    });

    it('a connection that is closed midway', async () => {
      const { written, rate } = playbook({});
      const { host, code } = await during(
        'kill -STOP $(cat /run/libvirtd.pid)',
        'kill -CONT $(cat /run/libvirtd.pid)',
        async () => {
          const { ended } = startPlay(written);
          await onHost('until pgrep -x virsh; do sleep 0.1; done; pkill -P $(cat /run/sshd.pid)');
          return judged(await ended, rate);
        },
      );
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'closed']);
      expect(host.error).toMatch(/the connection to hv03 .* was lost/);
    });
  });

  describe('login shells', () => {
    it('a banner, and a profile that is never quiet', async () => {
      const noisy = `
        cp /root/.bashrc /tmp/bashrc
        { echo 'echo welcome; echo "error: not one of virsh"; printf "no end of line"'
          echo 'echo "error: stty: not a tty" >&2; printf "\\033[2Jno end of line" >&2'; cat /tmp/bashrc; } >/root/.bashrc
        yes 'AUTHORISED USE ONLY' | head -100 >/tmp/banner
        echo 'Banner /tmp/banner' >/run/lab/sshd.d/banner.conf; ${SSHD}`;
      const quiet = `cp /tmp/bashrc /root/.bashrc; rm /run/lab/sshd.d/banner.conf; ${SSHD}`;
      await expectChanged(await during(noisy, quiet, () => beside()));
    });

    it.each(['fish', 'csh', 'zsh', 'dash'])('%s', async (shell) => {
      const path = (await onHost('command -v "$0" || true', shell)).trim();
      if (path === '') {
        if (process.env.CI) throw new Error(`${shell} is missing, and in CI that is a failure`);
        console.warn(`left out: ${shell} as a login shell, it is not installed`);
        return;
      }
      await expectChanged(
        await during(`usermod -s ${path} root`, 'usermod -s /bin/bash root', () => beside()),
      );
    });

    it('none', async () => {
      const { code, host } = await during(
        'usermod -s /usr/sbin/nologin root',
        'usermod -s /bin/bash root',
        () => beside(),
      );
      expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_answer']);
      expect(host.error).toContain('This account is currently not available.');
    });

    it('another language', async () => {
      // What libvirt's translation has, in a file of its own: Debian's is seldom installed.
      const german = gettextCatalogue({
        "Failed to connect socket to '%s'": "Verbindung zum Socket '%s' gescheitert",
        'failed to connect to the hypervisor': 'Verbindung zum Hypervisor gescheitert',
        'shut off': 'ausgeschaltet',
        paused: 'pausiert',
      });
      const begin = `
        mkdir -p /tmp/locale/de/LC_MESSAGES
        base64 -d >/tmp/locale/de/LC_MESSAGES/libvirt.mo <<<${german}
        mount --bind /tmp/locale /usr/share/locale
        echo 'SetEnv LC_ALL=C.UTF-8 LANG=de_DE.UTF-8 LANGUAGE=de' >/run/lab/sshd.d/language.conf; ${SSHD}`;
      const end = `umount /usr/share/locale; rm /run/lab/sshd.d/language.conf; ${SSHD}`;
      await during(begin, end, async () => {
        const inGerman = 'LC_ALL=C.UTF-8 LANGUAGE=de virsh -q list --all';
        expect(await onHost(inGerman)).toMatch(/tr-real +pausiert/);
        await expectChanged(await beside());
        const { host } = await during(LIBVIRTD_STOP, LIBVIRTD_START, () => beside());
        expect([host.status, host.errorCode]).toEqual(['failed', 'no_libvirtd']);
      });
    });
  });

  const LIBVIRTD_STOP = 'p=$(cat /run/libvirtd.pid); kill $p; while [ -e /proc/$p ]; do sleep 0.1; done';
  const LIBVIRTD_START = 'libvirtd -d; until virsh -q list >/dev/null; do sleep 0.1; done';

  describe('libvirt', () => {
    it('no virsh', async () => {
      const { code, host } = await during(
        'mount --bind /dev/null $(readlink -f /usr/bin/virsh)',
        'umount $(readlink -f /usr/bin/virsh)',
        () => beside(),
      );
      expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_virsh']);
      expect(host.error).toContain('install libvirt-clients');
    });

    it('no libvirtd', async () => {
      const { code, host } = await during(LIBVIRTD_STOP, LIBVIRTD_START, () => beside());
      expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_libvirtd']);
      expect(host.error).toContain('is libvirtd (or virtqemud) running there?');
    });

    it('a libvirtd that hangs', async () => {
      const { code, host } = await during(
        'kill -STOP $(cat /run/libvirtd.pid)',
        'kill -CONT $(cat /run/libvirtd.pid)',
        () => beside({ ansible_command_timeout: 2 }),
      );
      expect([code, host.status, host.errorCode]).toEqual([4, 'unreachable', 'exec_timeout']);
      expect(host.error).toContain('a service on it may hang (libvirtd?)');
    });

    describe('as another user', () => {
      beforeAll(() => onHost('id operator2 >/dev/null 2>&1 || useradd -m -p "*" -s /bin/bash operator2'));

      it('without any rights', async () => {
        const { code, host } = await during(
          'chmod 700 /run/libvirt/libvirt-sock-ro',
          'chmod 777 /run/libvirt/libvirt-sock-ro',
          () => beside({ ansible_user: 'operator2' }),
        );
        expect([code, host.status, host.errorCode]).toEqual([3, 'failed', 'no_rights']);
        expect(host.error).toContain('connect as root, or as a user who may use libvirt');
      });

      it('who may read: checks, and says why nothing can be written', async () => {
        const before = await bandwidth(HOST, uuid);
        const { code, host } = await beside({ ansible_user: 'operator2' });
        expect([code, host.status, host.nics.map((nic) => nic.status)]).toEqual([3, 'failed', ['failed']]);
        expect(host.nics[0]?.message).toMatch(/Permission denied/);
        expect(await bandwidth(HOST, uuid)).toEqual(before);
        const { written } = playbook({ ansible_user: 'operator2' });
        const dry = await play(written, '--check', '--limit', HOST);
        expect([dry.code, dry.nics.map((nic) => nic.status)]).toEqual([2, ['pending']]);
      });
    });
  });

  describe('VMs that change between reading and writing', () => {
    /** Runs a script just before virtune's write, in virsh's place: the race, won every time. */
    const between = <T>(script: string, body: () => Promise<T>) =>
      during(
        `v=$(readlink -f /usr/bin/virsh)
         touch /run/virsh-real /run/virsh-hooked
         mount --bind $v /run/virsh-real; mount --make-private /run/virsh-real
         printf '%s\\n' '#!/bin/bash' 'case "$*" in *domiftune*) v=/run/virsh-real; ${script} ;; esac >/dev/null 2>&1' 'exec /run/virsh-real "$@"' >/run/virsh-hooked
         chmod 755 /run/virsh-hooked
         mount --bind /run/virsh-hooked $v`,
        'umount $(readlink -f /usr/bin/virsh); umount /run/virsh-real',
        body,
      );

    /** Two VMs: what happens to the first must not keep the second from its limits. */
    const pair = async (name: string, ...options: string[]) => {
      const [first, second] = [
        await guest(HOST, `${name}-1`, ...options, '--nic', bridgeNic('52:54:00:ee:01:01')),
        await guest(HOST, `${name}-2`, '--nic', bridgeNic('52:54:00:ee:01:02')),
      ];
      const written = write({ rules: [{ domain: `${name}-*`, inbound: newRate() }] }, { hosts: HOST });
      return { first, second, written };
    };

    const statuses = (played: Played) =>
      Object.fromEntries(played.nics.map((nic) => [nic.domain.name, nic.status]));

    it('one vanishes: not found, the other is changed', async () => {
      const { first, written } = await pair('tr-vanish', '--transient');
      const played = await between(`$v -q destroy ${first}`, () => play(written));
      expect([played.code, statuses(played)]).toEqual([
        3,
        { 'tr-vanish-1': 'notFound', 'tr-vanish-2': 'changed' },
      ]);
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-vanish-2': 'inSync' }]);
    });

    it('one is shut off: says so, the other is changed, and the next run makes it good', async () => {
      const { first, written } = await pair('tr-off');
      const played = await between(`$v -q destroy ${first}`, () => play(written));
      expect([played.code, statuses(played)]).toEqual([3, { 'tr-off-1': 'failed', 'tr-off-2': 'changed' }]);
      expect(played.nics[0]).toMatchObject({
        message: expect.stringMatching(/domain is not running$/),
        after: { live: null, config: { inbound: null } },
      });
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-off-1': 'changed', 'tr-off-2': 'inSync' }]);
    });

    it('one is started: what it runs with is not passed over', async () => {
      const { first, written } = await pair('tr-on', '--off');
      const played = await between(`$v -q start ${first} --paused`, () => play(written));
      expect(await bandwidth(HOST, first)).toEqual(['']);
      expect([played.code, statuses(played)]).toEqual([3, { 'tr-on-1': 'failed', 'tr-on-2': 'changed' }]);
      const again = await play(written);
      expect([again.code, statuses(again)]).toEqual([0, { 'tr-on-1': 'changed', 'tr-on-2': 'inSync' }]);
    });
  });

  /**
   * Two VMs on another host whose lock a memory dump holds: into a pipe that nobody reads, so for as long as wanted.
   * libvirt waits 30 s for the lock each time, so this runs while the tests above do.
   */
  async function busyDomains() {
    const hold = async (id: string) => {
      const script = `
        d=$(mktemp -d); mkfifo $d/dump
        sleep 1000 3<>$d/dump </dev/null >/dev/null 2>&1 & echo $!
        virsh dump $0 $d/dump --memory-only </dev/null >/dev/null 2>&1 &
        until virsh -r domjobinfo $0 | grep -q Dump; do sleep 0.05; done`;
      const pid = (await lab(['exec', BUSY_HOST, 'bash', '-ec', script, id])).trim();
      return () => lab(['exec', BUSY_HOST, 'kill', pid]);
    };
    const held = await guest(BUSY_HOST, 'tr-held', '--nic', bridgeNic('52:54:00:ee:02:01'));
    await guest(BUSY_HOST, 'tr-held-not', '--nic', bridgeNic('52:54:00:ee:02:02'));
    const freed = await guest(BUSY_HOST, 'tr-freed', '--nic', bridgeNic('52:54:00:ee:02:03'));
    const releaseHeld = await hold(held);
    const releaseFreed = await hold(freed);
    const on = (domain: string) => play(write({ rules: [{ domain, inbound: 7 }] }, { hosts: BUSY_HOST }));
    const first = on('tr-held*').finally(releaseHeld);
    const second = on('tr-freed');
    // After the first try has failed, while libvirt makes the second wait.
    void sleep(40_000).then(releaseFreed);
    return { held: first, freed: second };
  }

  describe('VMs that another job holds', () => {
    it('is tried again and changed once it is free', async () => {
      const played = await drifting.freed;
      expect([played.code, played.nics.map((nic) => nic.status)]).toEqual([0, ['changed']]);
      expect(hostOf(played, BUSY_HOST).durationMs).toBeGreaterThan(31_000);
      expect(await bandwidth(BUSY_HOST, played.nics[0]!.domain.uuid)).toEqual(["<inbound average='7'/>"]);
    });

    it('is named busy after all tries; the others on the host are changed', async () => {
      const played = await drifting.held;
      const [held, other] = played.nics;
      expect([played.code, held?.status, other?.status]).toEqual([3, 'busy', 'changed']);
      expect(held?.message).toMatch(
        /^another job holds the VM: .*cannot acquire state change lock \(held by/,
      );
      expect(held?.after).toEqual(held?.before);
      expect(played.stdout).toMatch(/tr-held nic 1 busy/);
      for (const flags of [[], ['--inactive']]) {
        expect(await bandwidth(BUSY_HOST, held!.domain.uuid, ...flags)).toEqual(['']);
      }
    });
  });

  it('VMs with names, titles and metadata that mean harm', async () => {
    // XML has no place for ESC; it has one for C1 controls and for marks that turn the direction of text.
    const evil = '\u009b2J\u202etxt.exe\u2066\u00ad\u2028<&>';
    const escaped = evil.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    const nova = `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:name>${escaped}</nova:name><nova:flavor name="evil ${escaped}"/></nova:instance>`;
    const id = await guest(
      HOST,
      `tr-evil ${evil}`,
      ...['--title', `title ${evil}`, '--metadata-xml', nova, '--nic', bridgeNic('52:54:00:ee:03:01')],
    );
    const rule = { match: { nova: { flavor: 'evil *' } }, inbound: newRate() };
    for (const args of [['--check', '-D', '-v'], []]) {
      const played = await play(write({ rules: [rule] }, { hosts: HOST }), ...args);
      expect(played.nics.map((nic) => nic.domain.uuid)).toEqual([id]);
      expect(played.nics[0]?.domain.name).toBe(`tr-evil ${evil}`);
      expect(played.stdout).toContain('tr-evil \\x9b2J\\u202etxt.exe\\u2066');
      expect(played.stdout).not.toMatch(/[\u0080-\u009f\u202e\u2066\u2028]/);
    }
    expect(await bandwidth(HOST, id)).toEqual([`<inbound average='${rule.inbound}'/>`]);
  });

  it('a VM whose metadata no parser should take: named, and the others of the host are changed', async () => {
    const nova = `<nova:instance xmlns:nova="http://openstack.org/xmlns/libvirt/nova/1.1"><nova:flavor name="tr-flavor"/></nova:instance>`;
    const options = (mac: string, more: string) => [
      '--metadata-xml',
      `${nova}${more}`,
      '--nic',
      bridgeNic(mac),
    ];
    const proto = '<x:__proto__ xmlns:x="urn:x"/>';
    const broken = await guest(HOST, 'tr-proto', ...options('52:54:00:ee:04:01', proto));
    const other = await guest(HOST, 'tr-other', ...options('52:54:00:ee:04:02', ''));
    const rule = { match: { nova: { flavor: 'tr-flavor' } }, inbound: newRate() };
    const played = await play(write({ rules: [rule] }, { hosts: HOST }));
    expect([played.code, hostOf(played, HOST).errorCode]).toEqual([3, 'unreadable']);
    expect(hostOf(played, HOST).error).toMatch(/could not read 1 of the VMs: tr-proto: /);
    expect(await bandwidth(HOST, other)).toEqual([`<inbound average='${rule.inbound}'/>`]);
    expect(await bandwidth(HOST, broken)).toEqual(['']);
  });
});

/** A catalogue as msgfmt makes it, in base64. */
function gettextCatalogue(messages: Readonly<Record<string, string>>): string {
  const header = 'Content-Type: text/plain; charset=UTF-8\n';
  const pairs = Object.entries({ '': header, ...messages }).sort(([a], [b]) => (a < b ? -1 : 1));
  const tables = Buffer.alloc(28 + pairs.length * 16);
  const texts: Buffer[] = [];
  let offset = tables.length;
  const head = [0x950412de, 0, pairs.length, 28, 28 + pairs.length * 8, 0, offset];
  for (const [index, word] of head.entries()) tables.writeUInt32LE(word, index * 4);
  for (const column of [0, 1] as const) {
    for (const [index, pair] of pairs.entries()) {
      const text = Buffer.from(`${pair[column]}\0`);
      const at = 28 + column * pairs.length * 8 + index * 8;
      tables.writeUInt32LE(text.length - 1, at);
      tables.writeUInt32LE(offset, at + 4);
      texts.push(text);
      offset += text.length;
    }
  }
  return Buffer.concat([tables, ...texts]).toString('base64');
}
