import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import type { HostJob, PlayJob } from '../../../src/engine/job.ts';
import { type RunOptions, runPlays } from '../../../src/engine/run.ts';
import { factsOf } from '../../../src/engine/visit.ts';
import { keepPaths } from '../../../src/facts/read.ts';
import type { Gate } from '../../../src/gates/gate.ts';
import { gatesOf } from '../../../src/gates/index.ts';
import type { Change } from '../../../src/model/change.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { HostResult } from '../../../src/model/result.ts';
import type { BoundWaiver } from '../../../src/model/waiver.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { Rule } from '../../../src/modules/nic_limits/rule.ts';
import { hostLines } from '../../../src/report/text.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { stopDomain } from '../../../src/sim/lifecycle.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { args, rate, rule } from '../../unit/modules/build.ts';
import { reported } from '../report/reported.ts';
import { simTarget } from './sim_target.ts';

/** Whole runs over SSH against simulated hosts: round trips, order, what becomes of a host in trouble. */

let dir = '';
let fleet: SimFleet;
let hosts: SimHost[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-engine-'));
  hosts = ['hv1', 'hv2', 'hv3'].map((name) => {
    const host = simHost(name);
    host.knobs.lockTimeoutMs = 1;
    defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }, { source: { bridge: 'br1' } }] });
    defineDomain(host, { name: 'db', nics: [{ source: { bridge: 'br0' } }] });
    return host;
  });
  fleet = await startSimFleet(hosts);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

function job(name: string, rules: readonly Rule[]): HostJob {
  const server = fleet.hosts.find((host) => host.name === name)!;
  return {
    name,
    uri: 'qemu:///system',
    target: simTarget(server, dir),
    tasks: [{ name: 'limits', module: nicLimits, args: args(rules) }],
  };
}

function playJob(
  rules: readonly Rule[],
  batches = [['hv1', 'hv2', 'hv3']],
  maxFailPercentage?: number,
): PlayJob {
  const place = { file: 'p.yml', line: 1, column: 1 };
  const limit = maxFailPercentage === undefined ? {} : { maxFailPercentage };
  return {
    play: { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [], ...limit },
    batches: batches.map((names) => names.map((name) => job(name, rules))),
    rules,
  };
}

const connector = newConnector();

async function run(
  play: PlayJob | readonly PlayJob[],
  over: Partial<RunOptions> = {},
  stopping = new AbortController(),
) {
  const abort = new AbortController();
  const done: HostResult[] = [];
  const outcome = await runPlays(
    connector,
    [play].flat(),
    { check: false, forks: 10, retryDelayMs: 1, ...over },
    { stopping: stopping.signal, abort: abort.signal },
    { hostDone: (result) => done.push(result) },
  );
  expect([...new Set(done.map((host) => host.name))].toSorted()).toEqual(
    outcome.hosts.map((host) => host.name).toSorted(),
  );
  return {
    ...outcome,
    code: exitCode(outcome, stopping.signal.aborted),
    hosts: outcome.hosts.map(reported),
    host: (name: string) => outcome.hosts.find((h) => h.name === name)!,
    of: (name: string) => reported(outcome.hosts.find((h) => h.name === name)!),
  };
}

const slow = rule({ limits: { inbound: rate(100), outbound: rate(50) } });
const counts = () => fleet.hosts.map((host) => [host.counts.connections, host.counts.execs]);
const statuses = (host: { readonly resources: readonly { readonly status: string }[] }) =>
  host.resources.map(({ status }) => status);

it('in a run without a report, what is in sync is heard of and then only counted', async () => {
  await run(playJob([slow]));
  const heard: HostResult[] = [];
  const signal = new AbortController().signal;
  const { hosts: kept } = await runPlays(
    connector,
    [playJob([slow])],
    { check: true, forks: 10, countUnchanged: true },
    { stopping: signal, abort: signal },
    { hostDone: (result) => heard.push(result) },
  );
  expect(heard.map(({ resources }) => resources.length)).toEqual([3, 3, 3]);
  expect(kept.map(({ resources, counted }) => [resources.length, counted?.length])).toEqual([
    [0, 3],
    [0, 3],
    [0, 3],
  ]);
});

it('a hypervisor that cannot be reached is told under all of its names, and whose name stands there', async () => {
  const play = playJob([slow], [['hv1', 'hv2']]);
  const [lead] = play.batches[0] as [HostJob];
  const target = { ...lead.target, port: 1 };
  const names = ['hv1', 'vm-a'].map(
    (name): HostJob => ({ ...lead, name, target: { ...target, host: name } }),
  );
  const { host } = await run({ ...play, batches: [names] });
  const { error = '' } = host('hv1');
  expect(error).toMatch(/^hv1 /);
  expect(host('vm-a')).toMatchObject({
    status: 'unreachable',
    error: `${error} (hv1 is the same hypervisor)`,
  });
});

describe('the budget of round trips', () => {
  it('a changed host: one connection, one exec to read and one to write', async () => {
    const { code, hosts: results } = await run(playJob([slow]));
    expect([code, results.map((host) => host.status)]).toEqual([0, ['changed', 'changed', 'changed']]);
    expect(counts()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
  });

  it('more than one command line holds goes in several, each of a length that every server of SSH takes', async () => {
    const [first] = hosts as [SimHost];
    for (let vm = 0; vm < 200; vm++)
      defineDomain(first, { name: `more-${vm}`, nics: [{ source: { bridge: 'br0' } }] });
    const long = rate(4_294_967, 4_294_967, 4_194_303);
    const { host } = await run(playJob([rule({ limits: { inbound: long, outbound: long } })], [['hv1']]));
    expect([host('hv1').error, new Set(statuses(host('hv1')))]).toEqual([undefined, new Set(['changed'])]);
    expect(counts()[0]).toEqual([1, 5]);
  });

  it('a converged host: one connection, one exec', async () => {
    await run(playJob([slow]));
    const { hosts: results } = await run(playJob([slow]));
    expect(results.map((host) => host.status)).toEqual(['ok', 'ok', 'ok']);
    expect(counts()).toEqual([
      [2, 3],
      [2, 3],
      [2, 3],
    ]);
  });

  it('check mode: the same, whatever differs', async () => {
    const { code } = await run(playJob([slow]), { check: true });
    expect(code).toBe(2);
    expect(counts()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
    expect(hosts[0]?.domains[0]?.live?.[0]?.bandwidth ?? null).toBeNull();
  });
});

describe('a run that is recorded', () => {
  const ids = (changes: readonly Change[]) => changes.map(({ host, domain }) => `${host} ${domain.name}`);
  const limited = () => hosts.map((host) => host.domains[0]?.live?.[0]?.bandwidth?.inbound?.average ?? null);

  it('hears of changes before the first of them is written, and of what became of each', async () => {
    const heard: unknown[] = [];
    const record = {
      intend: async (changes: readonly Change[]) => void heard.push(['intent', ids(changes), limited()[0]]),
      conclude: async (changes: readonly Change[]) =>
        void heard.push([
          'result',
          ids(changes),
          changes.map(({ status, after }) => [status, after !== null]),
        ]),
    };
    await run(playJob([slow], [['hv1']]), { record });
    await run(playJob([slow], [['hv1']]), { record });
    await run(playJob([slow], [['hv2']]), { record, check: true });
    const all = ['hv1 web', 'hv1 web', 'hv1 db'];
    expect(heard).toEqual([
      ['intent', all, null],
      ['result', all, [1, 2, 3].map(() => ['changed', true])],
    ]);
  });

  it('does not write to a host whose changes cannot be recorded; the others go on', async () => {
    const concluded: string[] = [];
    const record = {
      intend: async ([first]: readonly Change[]) => {
        if (first?.host === 'hv2') throw new Error('ENOSPC: no space left on device, write');
      },
      conclude: async (changes: readonly Change[]) => void concluded.push(...ids(changes)),
    };
    const { code, of } = await run(playJob([slow]), { record });
    expect([code, statuses(of('hv1')), statuses(of('hv2'))]).toEqual([
      3,
      ['changed', 'changed', 'changed'],
      ['failed', 'failed', 'failed'],
    ]);
    expect(of('hv2').resources[0]?.reason).toBe(
      'not written, since it could not be recorded before: ENOSPC: no space left on device, write',
    );
    expect([limited(), counts()[1]]).toEqual([
      [100, null, 100],
      [1, 1],
    ]);
    expect(concluded.some((one) => one.startsWith('hv2'))).toBe(false);
  });

  it('is told of a VM that is planned anew before it is written again', async () => {
    const intents: string[][] = [];
    const record = {
      intend: async (changes: readonly Change[]) => {
        intents.push(changes.map(({ domain }) => `${domain.name} ${domain.state}`));
        if (intents.length === 1) stopDomain(hosts[0]!, hosts[0]!.domains[1]!);
      },
      conclude: async () => {},
    };
    await run(playJob([slow], [['hv1']]), { record });
    expect(intents).toEqual([['web running', 'web running', 'db running'], ['db shutoff']]);
  });
});

describe('a domain that is busy', () => {
  it('is tried again until it is free', async () => {
    hosts[0]!.domains[0]!.busy = { attempts: 2, holder: 'remoteDispatchDomainSave' };
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([0, ['changed', 'changed', 'changed']]);
  });

  it('is named busy in the end, and the others are changed', async () => {
    hosts[0]!.domains[0]!.busy = { attempts: Number.POSITIVE_INFINITY, holder: 'remoteDispatchDomainSave' };
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([3, ['busy', 'busy', 'changed']]);
    expect(of('hv1').resources[0]?.reason).toContain('remoteDispatchDomainSave');
    expect(of('hv1').resources[0]?.job).toBeUndefined();
    expect(of('hv2').status).toBe('changed');
  });
});

describe('a VM that libvirt lets nobody change, since a job of it is under way', () => {
  beforeEach(() => {
    // Whoever writes to it waits for ever.
    hosts[0]!.knobs.lockTimeoutMs = 2 ** 31 - 1;
    hosts[0]!.domains[0]!.job = 'Outgoing migration';
  });

  it('is named with its job after all tries, and holds up no other VM', async () => {
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([3, ['busy', 'busy', 'changed']]);
    expect(of('hv1').resources[0]?.reason).toBe(
      'another job holds the VM: outgoing migration; libvirt lets nobody change the VM until that ends',
    );
    const [held] = of('hv1').resources;
    expect(held?.job).toBe('outgoing migration');
    expect(held?.after).toEqual({ live: held?.before.live, config: held?.before.config });
  });

  it('is changed once that has ended', async () => {
    const [web, db] = hosts[0]!.domains;
    const ending = setInterval(() => {
      if (db!.live![0]!.bandwidth !== null) web!.job = null;
    }, 5);
    const { code, of } = await run(playJob([slow]), { retryDelayMs: 20 });
    clearInterval(ending);
    expect([code, statuses(of('hv1'))]).toEqual([0, ['changed', 'changed', 'changed']]);
  });

  it('is left to a later look where nobody waits', async () => {
    const { of } = await run(playJob([slow], [['hv1']]), { busyRetries: 0 });
    expect(statuses(of('hv1'))).toEqual(['busy', 'busy', 'changed']);
    expect(fleet.hosts[0]!.counts.execs).toBe(2);
  });
});

describe('rules for the running VM of one that does not run', () => {
  const live = rule({ limits: { inbound: rate(100) }, applyTo: 'live' });
  beforeEach(() => {
    defineDomain(hosts[0]!, { name: 'off', state: 'shutoff', nics: [{ source: { bridge: 'br0' } }] });
  });

  it('have an outcome of their own, which fails no run over many VMs', async () => {
    const { code, of } = await run(playJob([live]));
    expect([code, of('hv1').status]).toEqual([0, 'changed']);
    expect(statuses(of('hv1'))).toEqual(['changed', 'changed', 'changed', 'notRunning']);
  });

  it('fail the command that names it by itself', async () => {
    const { code, of } = await run(playJob([live]), { mustRun: true });
    expect([code, of('hv1').status]).toEqual([3, 'failed']);
  });
});

describe('a VM with several NICs that another job holds', () => {
  it('is waited for once a try, not once a NIC, and holds up no other VM', async () => {
    const held = hosts[0]!.domains[0]!;
    held.busy = { attempts: 100, holder: 'remoteDispatchDomainSave' };
    const { of } = await run(playJob([slow]), { busyRetries: 2 });
    expect(statuses(of('hv1'))).toEqual(['busy', 'busy', 'changed']);
    expect(of('hv1').resources[1]?.reason).toMatch(/another job holds the VM: .*remoteDispatchDomainSave/);
    expect(held.busy?.attempts).toBe(97);
  });
});

describe('libvirt that ends while it is written to', () => {
  const EOF =
    'error: Unable to set interface parameters\nerror: End of file while reading data: Input/output error\n';
  const inTheDark = (text: string) => text.replace(/(:s:0\n)/, `$1${EOF}`);
  const down = (stdout: string) => {
    hosts[0]!.knobs.libvirtd = 'down';
    return stdout;
  };
  const up = (stdout: string) => {
    hosts[0]!.knobs.libvirtd = 'up';
    return stdout;
  };

  it('is asked once more, and the result says so', async () => {
    fleet.hosts[0]!.faults.execs = [{}, { corruptErrors: inTheDark }, {}];
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([0, ['changed', 'changed', 'changed']]);
    expect(of('hv1').resources[0]?.notes).toEqual([expect.stringMatching(/no answer to a first try/)]);
    expect(of('hv1').resources[2]?.notes).toBeUndefined();
  });

  it('is waited for while it is away', async () => {
    fleet.hosts[0]!.faults.execs = [{ corrupt: down }, {}, { corrupt: up }, {}];
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([0, ['changed', 'changed', 'changed']]);
  });

  it('and stays away before anything was written: says just that', async () => {
    fleet.hosts[0]!.faults.execs = [{ corrupt: down }, {}];
    const { code, of } = await run(playJob([slow]), { absentRetries: 2 });
    expect([code, statuses(of('hv1'))]).toEqual([3, ['failed', 'failed', 'failed']]);
    expect(of('hv1').resources[0]?.reason).toMatch(/^libvirt does not answer any more: [^;]*$/);
    expect(fleet.hosts[0]!.counts.execs).toBe(4);
  });

  it('and stays away in the middle of a change: what is in force is not known, and a command sets it again', async () => {
    fleet.hosts[0]!.faults.execs = [{}, { corruptErrors: inTheDark, corrupt: down }, {}];
    const { code, of } = await run(playJob([slow]), { absentRetries: 2 });
    expect([code, of('hv1').resources[0]?.status]).toEqual([3, 'failed']);
    expect(of('hv1').resources[0]?.reason).toMatch(
      /it is not known what is in force: run again with --rewrite, .* virsh domiftune \S+ \S+ --live --config --inbound 100 --outbound 50$/,
    );
    up('');
    fleet.hosts[0]!.faults.execs = [];
    const again = await run(playJob([slow], [['hv1']]));
    expect(statuses(again.of('hv1'))).toEqual(['inSync', 'inSync', 'inSync']);
    const rewritten = await run(playJob([slow], [['hv1']]), { rewrite: true });
    expect(statuses(rewritten.of('hv1'))).toEqual(['changed', 'changed', 'changed']);
    expect(rewritten.of('hv1').resources[0]?.commands).toEqual([
      expect.stringMatching(/^virsh domiftune \S+ \S+ --live --inbound 100 --outbound 50$/),
    ]);
  });

  it('a further try that fails is undone, although libvirt describes what the first try has set', async () => {
    const broken = (text: string) => {
      hosts[0]!.knobs.missing = ['sfq'];
      return inTheDark(text);
    };
    fleet.hosts[0]!.faults.execs = [{}, { corruptErrors: broken }, {}];
    const { of } = await run(playJob([slow]));
    expect(of('hv1').resources[0]).toMatchObject({ status: 'failed', after: { live: { inbound: null } } });
    expect(of('hv1').resources[0]?.reason).toMatch(/what it left was cleared/);
    expect(hosts[0]!.domains[0]!.live?.[0]?.tc).toMatchObject({ shaper: null, ingress: false });
  });
});

describe('a live set that fails halfway', () => {
  it('leaves nothing behind, live or persistent', async () => {
    hosts[0]!.knobs.missing = ['sfq'];
    const { code, of } = await run(playJob([slow]));
    expect([code, statuses(of('hv1'))]).toEqual([3, ['failed', 'failed', 'failed']]);
    expect(of('hv1').resources[0]?.reason).toMatch(/what it left was cleared/);
    for (const domain of hosts[0]!.domains) {
      for (const nic of domain.live ?? []) expect(nic.tc).toMatchObject({ shaper: null, ingress: false });
    }
    expect(of('hv1').resources[0]?.after?.config).toEqual({ inbound: null, outbound: null });
  });

  it('puts the old limits back where that works', async () => {
    await run(playJob([rule({ limits: { inbound: rate(10) } })]));
    hosts[0]!.knobs.missing = ['police'];
    const { of } = await run(playJob([slow]));
    expect(of('hv1').resources[0]).toMatchObject({
      status: 'failed',
      reason: expect.stringMatching(/from before were put back$/),
    });
    expect(of('hv1').resources[0]?.after?.live).toEqual({ inbound: rate(10), outbound: null });
  });
});

describe('an error of virsh over limits that are in force', () => {
  it('undoes nothing: the NIC is told as failed, with what holds', async () => {
    const complain = (text: string) => text.replace(/:s:0\n/, ':s:0\nerror: Failed to save the state\n');
    fleet.hosts[0]!.faults.execs = [{}, { corruptErrors: complain }];
    const { of } = await run(playJob([slow]));
    expect(statuses(of('hv1'))).toEqual(['failed', 'changed', 'changed']);
    expect(of('hv1').resources[0]).toMatchObject({
      reason: 'Failed to save the state; the running NIC has the new limits all the same',
      after: of('hv2').resources[0]?.after,
    });
    expect(counts()[0]).toEqual([1, 2]);
  });
});

describe('a host that is lost', () => {
  it.each([0, 1, 60, 500])(
    'once, after %d bytes of the answer to the write: it is asked again, and told as changed',
    async (afterBytes) => {
      const { faults } = fleet.hosts[0]!;
      // Faults are counted by connection.
      const once = (stdout: string) => {
        faults.execs = [];
        return stdout;
      };
      faults.execs = [{}, { cut: { afterBytes, how: 'drop' }, corrupt: once }];
      const { code, of } = await run(playJob([slow]));
      expect([code, of('hv1').status]).toEqual([0, 'changed']);
      expect(statuses(of('hv1'))).toEqual(['changed', 'changed', 'changed']);
      expect(of('hv1').resources[0]).toMatchObject({
        before: { live: { inbound: null } },
        after: of('hv2').resources[0]?.after,
      });
      expect(of('hv1').notes).toEqual([
        expect.stringMatching(
          /^the connection to hv1 .* was lost.*; it was opened again, and what was under way was repeated$/,
        ),
      ]);
    },
  );

  it.each([0, 60])(
    'again and again, after %d bytes of the answer to the write: its NICs are unreachable, none is missing',
    async (afterBytes) => {
      const { faults } = fleet.hosts[0]!;
      const fromNowOn = (answer: string): string => {
        faults.execs = [{ cut: { afterBytes, how: 'drop' } }];
        return answer;
      };
      faults.execs = [{ corrupt: fromNowOn }];
      const { code, of } = await run(playJob([slow]));
      expect([code, of('hv1').status]).toEqual([4, 'unreachable']);
      expect(statuses(of('hv1'))).toEqual(['unreachable', 'unreachable', 'unreachable']);
      expect(of('hv1').notes).toEqual([
        expect.stringMatching(/was lost; it was opened again.* \(2 times\)$/),
      ]);
      expect(of('hv2').status).toBe('changed');
      faults.execs = [];
      const again = await run(playJob([slow]));
      expect(again.code).toBe(0);
    },
  );

  it('before or during the read: unreachable, the others go on', async () => {
    fleet.hosts[0]!.faults.execs = [{ cut: { afterBytes: 300, how: 'drop' } }];
    fleet.hosts[1]!.faults.connect = 'garbage';
    const { code, of } = await run(playJob([slow]));
    expect([code, of('hv1').status, of('hv2').status, of('hv3').status]).toEqual([
      4,
      'unreachable',
      'unreachable',
      'changed',
    ]);
  });
});

describe('a defect of virtune itself', () => {
  afterEach(() => void vi.restoreAllMocks());
  const fail = () => {
    throw new TypeError('x is not a function');
  };
  const onHv2 = (facts: HostFacts) =>
    hosts[1]!.domains.some(({ uuid }) => facts.domains.some((domain) => domain.uuid === uuid));

  it.each([
    // Only when it is planned are all VMs of a host looked at.
    ['when it is planned', 3, []],
    ['after it was written', 1, ['failed', 'failed', 'failed']],
  ] as const)(
    '%s is that host’s outcome: the others go on, and the report has them all',
    async (_when, most, nics) => {
      const { find } = nicLimits;
      vi.spyOn(nicLimits, 'find').mockImplementation((facts) =>
        onHv2(facts) && (most === 1) === (facts.domains.length === 1) ? fail() : find(facts),
      );
      const { code, of } = await run(playJob([slow]));
      expect(code).toBe(1);
      expect(of('hv2')).toMatchObject({ status: 'failed', errorCode: 'internal' });
      expect(of('hv2').error).toContain('TypeError: x is not a function');
      expect(statuses(of('hv2'))).toEqual(nics);
      for (const name of ['hv1', 'hv3']) expect(of(name).status).toBe('changed');
    },
  );
});

describe('an answer that was changed on the way', () => {
  it('is never believed: each line lost, doubled or mangled gives a named outcome or the same result', async () => {
    const changes: readonly ((text: string) => string)[] = [
      (text) => text.replace(/<mac .*\n/, ''),
      (text) => text.replace(/<\/interface>/, ''),
      (text) => text.replaceAll('average', 'avrage'),
      (text) => `${text}${text}`,
      (text) => text.slice(0, -5),
      () => '<html>502 Bad Gateway</html>',
      (text) => text.replaceAll('\n', '\r\n'),
    ];
    for (const corrupt of changes) {
      fleet.hosts[0]!.faults.execs = [{ corrupt }];
      const { of } = await run(playJob([slow]), { check: true });
      const host = of('hv1');
      if (host.status === 'changed') expect(host.totals).toEqual({ nic: 3 });
      else
        expect(host).toMatchObject({
          status: 'failed',
          error: expect.any(String),
          errorCode: expect.any(String),
        });
    }
  });
});

describe('what the host itself refuses', () => {
  it.each([
    [
      'no virsh',
      (host: SimHost) => {
        host.knobs.virsh = 'missing';
      },
      'no_virsh',
    ],
    [
      'no libvirtd',
      (host: SimHost) => {
        host.knobs.libvirtd = 'down';
      },
      'no_libvirtd',
    ],
    [
      'no rights',
      (host: SimHost) => {
        host.knobs.libvirtd = 'denied';
      },
      'no_rights',
    ],
  ] as const)('%s', async (_name, set, errorCode) => {
    set(hosts[0]!);
    const { code, of } = await run(playJob([slow]));
    expect(code).toBe(3);
    expect(of('hv1')).toMatchObject({ status: 'failed', errorCode });
    expect(of('hv2').status).toBe('changed');
  });

  it('rights to read only', async () => {
    hosts[0]!.knobs.libvirtd = 'readonly';
    const { code, of, host } = await run(playJob([slow]));
    expect([code, of('hv1').status]).toEqual([3, 'failed']);
    expect(statuses(of('hv1'))).toEqual(['failed', 'failed', 'failed']);
    const { reason = '' } = of('hv1').resources[0] ?? {};
    expect(reason).toMatch(/ermission denied|authentication|read.only/);
    const { error, errorCode } = of('hv1');
    expect([error, errorCode]).toEqual([
      `this login may not change VMs, since it may not open libvirt's socket: ${reason}; checks will do, runs will not: docs/privileges.md says how to let the login write to qemu:///system`,
      'no_rights',
    ]);
    // Once for the host, not with each of its changes.
    const paint = (_: unknown, text: string) => text;
    const lines = hostLines(host('hv1'), { check: false, diff: false, verbose: false, paint });
    expect(lines).toEqual([
      expect.stringMatching(/^hv1: failed \(3 NICs failed\)/),
      expect.stringMatching(/^ {4}this login may not change VMs.*Permission denied$/),
    ]);
    const all = hostLines(host('hv1'), { check: false, diff: false, verbose: true, paint });
    expect(all.filter((line) => line.includes(reason))).toHaveLength(4);
  });
});

describe('batches', () => {
  it('run one after the other, and max_fail_percentage ends the run', async () => {
    fleet.hosts[0]!.faults.connect = 'garbage';
    const { code, of } = await run(playJob([slow], [['hv1'], ['hv2'], ['hv3']], 10));
    expect([of('hv1').status, of('hv2').status, of('hv3').status]).toEqual([
      'unreachable',
      'skipped',
      'skipped',
    ]);
    expect(of('hv2').error).toMatch(/max_fail_percentage 10/);
    expect(code).toBe(4);
    expect(counts()[1]).toEqual([0, 0]);
  });

  it('without a limit go on, unless a whole batch failed', async () => {
    fleet.hosts[0]!.faults.connect = 'garbage';
    const some = await run(playJob([slow], [['hv1', 'hv2'], ['hv3']]));
    expect(some.of('hv3').status).toBe('changed');
    const all = await run(playJob([slow], [['hv1'], ['hv2', 'hv3']]));
    expect(all.of('hv3').status).toBe('skipped');
  });
});

describe('a rule that goes in steps', () => {
  it('makes one in a run, however many plays have it', async () => {
    const steps = { ramp: { step: 100, everySeconds: 600 } };
    const play = (limits: Rule['limits']) => playJob([rule({ limits, ...steps })], [['hv1']]);
    const inSteps = (average: number) => play({ inbound: rate(average) });
    const sends = play({ outbound: rate(700) });
    const has = () => {
      const { inbound, outbound } = hosts[0]!.domains[0]!.live![0]!.bandwidth!;
      return [inbound?.average, outbound?.average];
    };
    await run(playJob([rule({ limits: { inbound: rate(1000), outbound: rate(1000) } })]));
    for (const next of [900, 800]) {
      const { of } = await run([inSteps(700), sends, inSteps(700), sends]);
      expect([new Set(statuses(of('hv1'))), has()]).toEqual([new Set(['changed']), [next, next]]);
    }
    const { hosts: checked } = await run([inSteps(640), inSteps(640)], { check: true });
    expect(checked[0]?.resources[0]?.desired).toMatchObject({ inbound: { average: 720 } });
  });
});

describe('between batches', () => {
  const THREE = [['hv1'], ['hv2'], ['hv3']];

  it('a person is asked before each, with what the one before did, and no ends the run', async () => {
    const asked: unknown[] = [];
    const { code, hosts: results } = await run(playJob([slow], THREE), {
      confirm: async ({ batch, batches, hosts: names, before }) => {
        asked.push([batch, batches, names, before.map(({ status }) => status)]);
        return batch < 2;
      },
    });
    expect(asked).toEqual([
      [1, 3, ['hv1'], []],
      [2, 3, ['hv2'], ['changed']],
    ]);
    expect([code, results.map(({ status }) => status)]).toEqual([3, ['changed', 'skipped', 'skipped']]);
    expect(results[1]?.error).toBe('the run ended: before batch 2 of 3 somebody said no (--step)');
    expect(counts().slice(1)).toEqual([
      [0, 0],
      [0, 0],
    ]);
  });

  it('a play waits after a batch that changed something only, and an interruption ends the wait', async () => {
    const play = playJob([slow], THREE);
    const pausing: PlayJob = { ...play, play: { ...play.play, pause: 3600 } };
    const stopping = new AbortController();
    const told: unknown[] = [];
    const go = (check: boolean) =>
      runPlays(
        connector,
        [pausing],
        { check, forks: 10 },
        { stopping: stopping.signal, abort: new AbortController().signal },
        {
          pausing: (...words) => {
            told.push(words);
            stopping.abort();
          },
        },
      );
    const checked = await go(true);
    expect([told, checked.hosts.map(({ status }) => status)]).toEqual([
      [],
      ['changed', 'changed', 'changed'],
    ]);
    const { hosts: results } = await go(false);
    expect([told, results.map(({ status }) => status)]).toEqual([
      [[3600, 1]],
      ['changed', 'skipped', 'skipped'],
    ]);
  });

  it('no further host begins once more of the run have failed than may', async () => {
    for (const server of [0, 1]) fleet.hosts[server]!.faults.connect = 'garbage';
    const one = await run(playJob([slow]), { forks: 1, maxFailures: 1 });
    expect(one.hosts.map(({ status }) => status)).toEqual(['unreachable', 'unreachable', 'skipped']);
    expect(one.of('hv3').error).toBe('the run ended: 2 of 3 hosts failed, more than --max-failures 1');
    expect(one.code).toBe(4);
    const share = await run(playJob([slow]), { forks: 1, maxFailures: { percent: 70 } });
    expect(share.of('hv3').status).toBe('changed');
  });

  it('what was read and waits to be written counts as not begun', async () => {
    fleet.hosts[2]!.faults.connect = 'garbage';
    const waits: Gate = { name: 'waits', applies: () => true, judge: () => [] };
    const { hosts: results, of } = await run(playJob([slow]), { gates: [waits], maxFailures: 0 });
    expect(results.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'unreachable']);
    expect(new Set(statuses(of('hv1')))).toEqual(new Set(['skipped']));
    expect(of('hv1').resources[0]?.reason).toMatch(/more than --max-failures 0$/);
  });
});

describe('an interruption', () => {
  it('leaves out what has not begun', async () => {
    const stopping = new AbortController();
    stopping.abort();
    const { code, hosts: results } = await run(playJob([slow]), {}, stopping);
    expect([code, results.map((host) => host.status)]).toEqual([130, ['skipped', 'skipped', 'skipped']]);
  });
});

describe('what tells causes', () => {
  it('is read where it is asked for, of every VM, named by a rule or not', async () => {
    const metadata = (time: string) =>
      `<n:instance xmlns:n="http://openstack.org/xmlns/libvirt/nova/1.1"><n:creationTime>${time}</n:creationTime></n:instance>`;
    defineDomain(hosts[1]!, { name: 'nova', nics: [], metadata: metadata('2026-01-31 12:00:00') });
    const { host } = await run(playJob([rule({ nic: { bridge: 'br1' }, limits: { inbound: rate(100) } })]), {
      check: true,
      evidence: true,
    });
    const known = host('hv2').vms?.known ?? [];
    expect(known.map(({ name, created }) => [name, created?.live, created?.config])).toEqual([
      ['web', undefined, undefined],
      ['db', undefined, undefined],
      ['nova', '2026-01-31 12:00:00', '2026-01-31 12:00:00'],
    ]);
    expect(new Set(known.map(({ id }) => id)).size).toBe(3);
    expect(host('hv2').vms?.complete).toBe(true);
  });

  it('is not read where nobody asks for it', async () => {
    const { host } = await run(playJob([slow]), { check: true });
    expect(host('hv1').vms).toBeUndefined();
    const { batches } = playJob([slow]);
    const visit = { jobs: batches[0] as readonly HostJob[], rivals: [] };
    const asked = (evidence: boolean) =>
      keepPaths(factsOf(visit, { listAll: false, rewrite: false, kernel: false, now: 0, evidence })).filter(
        (path) => path.includes('metadata'),
      );
    expect([asked(false), asked(true)]).toEqual([[], ['domain/metadata/instance/creationTime']]);
  });
});

describe('a gate', () => {
  const refusing = (alone: boolean): Gate => ({
    name: 'no web',
    applies: () => true,
    ...(alone ? { alone: true } : {}),
    judge: () => [{ status: 'refused', reason: 'no', covers: ({ domain }) => domain.name === 'web' }],
  });

  it.each([
    ['that judges each change alone lets each host go on with its one connection', true, [1, 2]],
    ['that judges a whole batch has each host read, then written over a new connection', false, [2, 2]],
  ])('%s', async (_, alone, perHost) => {
    const { code, of } = await run(playJob([slow]), { gates: [refusing(alone)] });
    expect(code).toBe(5);
    expect(of('hv2').resources.map(({ domain, status }) => [domain.name, status])).toEqual([
      ['web', 'refused'],
      ['web', 'refused'],
      ['db', 'changed'],
    ]);
    expect(counts()).toEqual([perHost, perHost, perHost]);
  });
});

describe('a waiver', () => {
  const waiver = (more: Partial<BoundWaiver>): BoundWaiver => ({
    ...{ owner: 'ops', reason: 'load test', until: '2026-12-24', file: 'w.yml', line: 2, endsAt: 1000 },
    ...{ place: { file: 'w.yml', line: 2, column: 3 }, hostNames: null },
    ...more,
  });
  const web = waiver({ domain: ['web'], hostNames: new Set(['hv2']) });
  const given = (waivers: readonly BoundWaiver[], now = 999): Partial<RunOptions> => ({
    gates: gatesOf({ waivers: { waivers, now } }),
  });
  const told = (host: { readonly resources: readonly Change[] }) =>
    host.resources.map(({ domain, status }) => `${domain.name} ${status}`);

  it('leaves what it covers unwritten, by no further connection, and counts as nothing', async () => {
    const { code, of, host } = await run(playJob([slow]), given([web]));
    expect([code, host('hv2').status]).toEqual([0, 'changed']);
    expect(told(host('hv1'))).toEqual(['web changed', 'web changed', 'db changed']);
    expect(told(host('hv2'))).toEqual(['web waived', 'web waived', 'db changed']);
    expect(of('hv2').resources[0]).toMatchObject({
      after: null,
      reason: 'waived by ops until 2026-12-24: load test',
    });
    expect(host('hv2').resources[0]?.waiver).toEqual({
      owner: 'ops',
      reason: 'load test',
      until: '2026-12-24',
      file: 'w.yml',
      line: 2,
    });
    expect(counts()).toEqual([
      [1, 2],
      [1, 2],
      [1, 2],
    ]);
    const again = await run(playJob([slow]), { check: true });
    expect(told(again.host('hv2'))).toEqual(['web pending', 'web pending', 'db inSync']);
  });

  it('holds in check mode, where it makes nothing pending', async () => {
    const { code, hosts: results } = await run(playJob([slow]), { check: true, ...given([waiver({})]) });
    expect([code, ...results.map(({ status }) => status)]).toEqual([0, 'ok', 'ok', 'ok']);
  });

  it('that has expired counts no more', async () => {
    const { code } = await run(playJob([slow]), { check: true, ...given([web], 1000) });
    expect(code).toBe(2);
  });

  it('of a part of what differs lets nothing be written, and refuses', async () => {
    const { code, host } = await run(playJob([slow]), given([{ ...web, settings: ['inbound.*'] }]));
    expect(code).toBe(5);
    expect(told(host('hv2'))).toEqual(['web refused', 'web refused', 'db changed']);
    expect(host('hv2').resources[0]?.reason).toContain('only a part of what differs is waived by ops');
  });

  it('is no change to the gates that follow', async () => {
    const seen: Change[] = [];
    const counting: Gate = {
      name: 'counting',
      applies: () => true,
      judge: (_, { changes }) => {
        seen.push(...changes);
        return [];
      },
    };
    const { gates = [] } = given([web]);
    await run(playJob([slow]), { check: true, gates: [...gates, counting] });
    expect(seen.filter(({ host, domain }) => host === 'hv2' && domain.name === 'web')).toEqual([]);
    expect(new Set(seen).size).toBe(7);
  });

  it('goes before a rule that must name something', async () => {
    const needed = rule({ name: 'n', required: true, nic: { bridge: 'none' }, limits: { inbound: null } });
    const { host } = await run(playJob([slow, needed]), given([web]));
    expect(told(host('hv2'))).toEqual(['web waived', 'web waived', 'db skipped']);
  });
});

describe('a required rule', () => {
  const missing = rule({
    name: 'needed',
    line: 9,
    required: true,
    nic: { bridge: 'none' },
    limits: { inbound: null },
  });

  it('that names nothing ends the run before anything is written', async () => {
    const { code, hosts: results } = await run(playJob([slow, missing]));
    expect([code, results.map((host) => host.status)]).toEqual([1, ['skipped', 'skipped', 'skipped']]);
    expect(results[0]?.resources[0]).toMatchObject({
      status: 'skipped',
      reason: expect.stringContaining('"needed"'),
      after: null,
    });
    expect(counts()).toEqual([
      [1, 1],
      [1, 1],
      [1, 1],
    ]);
  });

  it('that names nothing hides nothing in check mode', async () => {
    const { code, hosts: results } = await run(playJob([slow, missing]), { check: true });
    expect([code, results.map((host) => host.status)]).toEqual([1, ['changed', 'changed', 'changed']]);
    expect(results[0]?.resources[0]).toMatchObject({ status: 'pending', after: null });
  });

  it('that names something on one host lets all go on', async () => {
    const needed = rule({
      name: 'needed',
      line: 9,
      required: true,
      nic: { bridge: 'br1' },
      limits: { inbound: rate(9) },
    });
    const { code } = await run(playJob([slow, needed]));
    expect(code).toBe(0);
  });

  it('is not judged where a host did not answer', async () => {
    fleet.hosts[0]!.faults.connect = 'garbage';
    const { code, of, unmatchedRules } = await run(playJob([slow, missing]));
    expect([code, of('hv2').status]).toEqual([4, 'changed']);
    expect(unmatchedRules.map((r) => r.name)).toEqual(['needed']);
  });
});
