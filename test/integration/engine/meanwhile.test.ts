import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import { givenTask } from '../../../src/engine/given.ts';
import type { HostTask } from '../../../src/engine/job.ts';
import { type RunOptions, runPlays } from '../../../src/engine/run.ts';
import type { Limits } from '../../../src/facts/bandwidth.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { Rule } from '../../../src/modules/nic_limits/rule.ts';
import { plannedOf } from '../../../src/plan/given.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain, stopDomain } from '../../../src/sim/lifecycle.ts';
import { NO_TC, type SimDomain, type SimHost, simHost } from '../../../src/sim/model.ts';
import type { SshFaults } from '../../../src/sim/ssh_faults.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { args, rate, rule } from '../../unit/modules/build.ts';
import { reported } from '../report/reported.ts';
import { simTarget } from './sim_target.ts';

/** What others do to a VM between the read and the end of the write. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let vm: SimDomain;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-meanwhile-'));
  host = simHost('hv1');
  host.knobs.lockTimeoutMs = 1;
  vm = defineDomain(host, {
    name: 'web',
    nics: [{ source: { bridge: 'br0' } }, { source: { bridge: 'br1' } }],
  });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const connector = newConnector();

function run(rules: readonly Rule[], over: Partial<RunOptions> = {}) {
  return runTasks([{ name: 'limits', module: nicLimits, args: args(rules) }], rules, over);
}

/** Plans, and applies just that: each subject must still have what the plan saw. */
async function runPlanned(rules: readonly Rule[], faults: SshFaults['execs']) {
  const { hosts } = await run(rules, { check: true });
  const [planned] = plannedOf({ hosts }, 0);
  fleet.hosts[0]!.faults.execs = faults;
  return runTasks([givenTask('plan', nicLimits, planned!.given)], rules, {});
}

async function runTasks(tasks: readonly HostTask[], rules: readonly Rule[], over: Partial<RunOptions>) {
  const server = fleet.hosts[0]!;
  const place = { file: 'p.yml', line: 1, column: 1 };
  const target = simTarget(server, dir);
  const outcome = await runPlays(
    connector,
    [
      {
        play: { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] },
        batches: [[{ name: 'hv1', uri: 'qemu:///system', target, tasks }]],
        rules,
      },
    ],
    { check: false, forks: 1, retryDelayMs: 1, ...over },
    { stopping: new AbortController().signal, abort: new AbortController().signal },
    {},
  );
  const result = reported(outcome.hosts[0]!);
  return {
    code: exitCode(outcome, false),
    nics: result.resources,
    status: result.status,
    notes: result.notes,
    execs: server.counts.execs,
    hosts: outcome.hosts,
  };
}

/** Runs each once the answer of the first exec, the second and so on is made and before it is sent. */
function afterExecs(...acts: readonly (() => unknown)[]): void {
  const execs = acts.map((act) => ({
    corrupt: (stdout: string) => {
      act();
      return stdout;
    },
  }));
  fleet.hosts[0]!.faults.execs = [...execs, {}];
}

const LIMITS: Limits = { inbound: rate(100), outbound: rate(50) };
const both = rule({ limits: LIMITS });
const live = (domain = vm) => domain.live?.map(({ bandwidth }) => bandwidth);
const config = (domain = vm) => domain.config?.map(({ bandwidth }) => bandwidth);
const stop = () => stopDomain(host, vm);
const start = () => {
  expect(startDomain(host, vm)).toBeNull();
};
const undefine = () => {
  vm.persistent = false;
};
const statusesOf = ({ nics }: { readonly nics: readonly { readonly status: string }[] }) =>
  nics.map(({ status }) => status);

describe('a VM that is started between the read and the write', () => {
  beforeEach(stop);

  it('has its running NICs limited too, and the result says so', async () => {
    afterExecs(start);
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect([live(), config()]).toEqual([
      [LIMITS, LIMITS],
      [LIMITS, LIMITS],
    ]);
    expect(ran.nics[0]).toMatchObject({
      domain: { state: 'running' },
      notes: ['the VM was started while the run was under way'],
      before: { live: { inbound: null }, config: { inbound: null } },
      after: { live: LIMITS, config: LIMITS },
    });
    expect(ran.nics[0]).not.toHaveProperty('reason');
    // Read, write, read again, write again.
    expect(ran.execs).toBe(4);
  });

  it('and cannot be read again is not told as changed', async () => {
    afterExecs(start, () => {
      host.knobs.virsh = 'missing';
    });
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([6, ['stale', 'stale']]);
    expect(ran.nics[0]?.reason).toBe(
      'the VM was started while the run was under way: nothing was written to it; it has now: live: receives without limit, sends without limit; persistent: receives without limit, sends without limit',
    );
  });

  it('whose configuration alone is to be set is changed after one more read', async () => {
    afterExecs(start);
    const ran = await run([rule({ limits: LIMITS, applyTo: 'config' })]);
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([0, ['changed', 'changed'], 4]);
    expect(ran.nics[0]?.notes).toEqual(['the VM was started while the run was under way']);
    expect(ran.nics[0]?.after).toEqual({ live: { inbound: null, outbound: null }, config: LIMITS });
  });

  it('has the limits set that only a running VM can have, on a NIC that had nothing to do before', async () => {
    afterExecs(start);
    const [one, two] = [1, 2].map((position) => ({ nic: [position] })) as [object, object];
    const ran = await run([
      rule({ ...one, limits: LIMITS }),
      rule({ ...two, limits: LIMITS, applyTo: 'live' }),
    ]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(live()).toEqual([LIMITS, LIMITS]);
  });
});

describe('a VM that is stopped between the read and the write', () => {
  it('has its configuration set all the same', async () => {
    afterExecs(stop);
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(config()).toEqual([LIMITS, LIMITS]);
    expect(ran.nics[1]).toMatchObject({
      domain: { state: 'shutoff' },
      notes: ['the VM was stopped while the run was under way'],
      after: { live: null, config: LIMITS },
    });
  });

  it('is not running where the rule is for the running VM only', async () => {
    afterExecs(stop);
    const ran = await run([rule({ limits: LIMITS, applyTo: 'live' })], { mustRun: true });
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['notRunning', 'notRunning']]);
    expect(ran.nics[0]?.reason).toMatch(/^the VM was stopped while the run was under way: /);
  });

  it('is not running where no rule names it any more', async () => {
    afterExecs(stop);
    const ran = await run([rule({ limits: LIMITS, match: { state: ['running'] } } as never)]);
    expect(statusesOf(ran)).toEqual(['notRunning', 'notRunning']);
    expect(ran.nics[0]?.reason).toMatch(/stopped while the run was under way, and no rule names it/);
  });

  it('in the middle of a live set is judged by what is left', async () => {
    host.knobs.missing = ['sfq'];
    afterExecs(() => {}, stop);
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(config()).toEqual([LIMITS, LIMITS]);
  });

  it('and is gone when it is looked for again, is not found', async () => {
    afterExecs(stop, () => host.domains.pop());
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['notFound', 'notFound']]);
    expect(ran.nics[0]?.reason).toBe('the VM was stopped while the run was under way, and is gone now');
  });

  it('and cannot be understood any more, keeps what is known of it', async () => {
    const broken = (stdout: string) => stdout.replaceAll('</domain>', '');
    afterExecs(stop);
    fleet.hosts[0]!.faults.execs = [...fleet.hosts[0]!.faults.execs.slice(0, 1), {}, { corrupt: broken }];
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([6, ['stale', 'stale']]);
    expect(ran.nics[0]?.reason).toMatch(
      /^the VM was stopped while the run was under way: nothing was written/,
    );
  });

  it('and is gone with that, since it was transient, is not found', async () => {
    undefine();
    afterExecs(stop);
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['notFound', 'notFound']]);
  });
});

describe('a VM that comes and goes', () => {
  it('is planned anew twice and no more, and the last word is what became of it', async () => {
    const toggles = [stop, start, stop, start, stop, start, stop, start];
    // After each read, so that no plan ever fits.
    let reads = 0;
    fleet.hosts[0]!.faults.execs = Array.from({ length: 12 }, () => ({
      corrupt: (stdout: string) => {
        if (/:all\b/.test(stdout)) toggles[reads++]?.();
        return stdout;
      },
    }));
    const ran = await run([both]);
    expect(reads).toBe(3);
    expect([ran.code, statusesOf(ran)]).toEqual([6, ['stale', 'stale']]);
    expect(ran.nics[0]?.reason).toMatch(
      /^the VM was stopped while the run was under way: nothing was written/,
    );
    // Read and write, three times: a write that finds what nobody planned for writes nothing.
    expect(ran.execs).toBe(6);
  });
});

describe('a VM that is undefined between the read and the write', () => {
  it('has its running NICs limited, and the result says that there is no configuration any more', async () => {
    afterExecs(undefine);
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(live()).toEqual([LIMITS, LIMITS]);
    expect(ran.nics[0]).toMatchObject({
      domain: { persistent: false },
      notes: [expect.stringMatching(/^the VM was undefined while the run was under way/)],
      after: { live: LIMITS, config: null },
    });
  });

  it.each([
    ['the running VM alone was to be set', 'live'],
    ['the configuration is right already', 'both'],
  ] as const)('is transient in the result, too, where %s', async (_what, applyTo) => {
    if (applyTo === 'both') await run([rule({ limits: LIMITS, applyTo: 'config' })]);
    afterExecs(undefine);
    const ran = await run([rule({ limits: LIMITS, applyTo })]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(live()).toEqual([LIMITS, LIMITS]);
    expect(ran.nics[0]).toMatchObject({
      domain: { persistent: false },
      notes: [expect.stringMatching(/^the VM was undefined while the run was under way/)],
      after: { live: LIMITS, config: null },
    });
  });

  it('says so where it cannot be read again', async () => {
    afterExecs(undefine, () => {
      host.knobs.virsh = 'missing';
    });
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['failed', 'failed']]);
    expect(ran.nics[0]?.reason).toMatch(
      /^the VM was undefined while the run was under way .*transient domains do not have/,
    );
  });

  it('and has nothing to be set but that configuration', async () => {
    afterExecs(undefine);
    const ran = await run([rule({ limits: LIMITS, applyTo: 'config' })]);
    expect(ran.nics[0]?.reason).toMatch(/undefined while the run was under way/);
    expect(statusesOf(ran)).not.toContain('changed');
  });
});

describe('a VM that is described anew between the read and the write', () => {
  const bare = () => {
    vm.config = (vm.live ?? []).map((nic) => ({ ...nic, bandwidth: null }));
    vm.persistent = true;
  };

  it('since it has just migrated in: its configuration is limited too, and nobody else is blamed', async () => {
    const { config: own, configTuning } = vm;
    Object.assign(vm, { persistent: false, config: null, configTuning: null });
    afterExecs(() => Object.assign(vm, { persistent: true, config: own, configTuning }));
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect([live(), config()]).toEqual([
      [LIMITS, LIMITS],
      [LIMITS, LIMITS],
    ]);
    expect(ran.nics[0]).toMatchObject({
      domain: { persistent: true },
      notes: ['the VM was given a persistent configuration while the run was under way'],
      before: { config: { inbound: null } },
    });
  });

  it('since it was made anew, as Nova does it: it was restarted, and nobody else is blamed', async () => {
    await run([both]);
    await run([rule({ limits: { inbound: rate(7), outbound: null } })]);
    afterExecs(() => {
      bare();
      stop();
      start();
    });
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect([live(), config()]).toEqual([
      [LIMITS, LIMITS],
      [LIMITS, LIMITS],
    ]);
    expect(ran.nics[0]).toMatchObject({
      notes: ['the VM was restarted while the run was under way'],
      before: { live: { inbound: null }, config: { inbound: null } },
    });
  });
});

const CHANGED_MEANWHILE =
  'another run or person changed it after this run had first read it; what it had before is as they left it';

describe('another writer', () => {
  const other: { inbound: Limits['inbound']; outbound: Limits['outbound'] } = {
    inbound: rate(7),
    outbound: rate(50),
  };
  const rival = (side: 'live' | 'config') => () => {
    const nics = vm[side]!;
    const [first, ...rest] = nics as [(typeof nics)[number], ...typeof nics];
    Object.assign(vm, { [side]: [{ ...first, bandwidth: other }, ...rest] });
  };

  it.each(['live', 'config'] as const)(
    'that sets what was right or wrong in the %s state when it was read: told as what was before, and planned anew',
    async (side) => {
      await run([rule({ limits: LIMITS, applyTo: 'config' })]);
      afterExecs(rival(side));
      const ran = await run([both]);
      expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
      expect(ran.nics[0]).toMatchObject({ before: { [side]: other }, notes: [CHANGED_MEANWHILE] });
      expect(ran.nics[1]).not.toHaveProperty('notes');
      expect([live(), config()]).toEqual([
        [LIMITS, LIMITS],
        [LIMITS, LIMITS],
      ]);
      expect(ran.execs).toBe(6);
    },
  );

  it('that sets just what was to be set leaves nothing to claim', async () => {
    await run([rule({ limits: LIMITS, applyTo: 'config' })]);
    afterExecs(() => {
      vm.live = (vm.live ?? []).map((nic) => ({ ...nic, bandwidth: LIMITS }));
    });
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([0, ['inSync', 'inSync'], 5]);
    expect(ran.nics[0]).toMatchObject({ before: { live: LIMITS }, notes: [CHANGED_MEANWHILE] });
  });

  it('that changes other parts of the VM, again and again, keeps nothing from being written', async () => {
    let turn = 0;
    const busy = () => {
      const nics = vm.live!;
      const bandwidth = { inbound: rate(++turn + 6), outbound: null };
      vm.live = [nics[0]!, { ...nics[1]!, bandwidth }];
    };
    fleet.hosts[0]!.faults.execs = Array.from({ length: 20 }, () => ({
      corrupt: (stdout: string) => {
        if (/:all\b/.test(stdout) && turn < 5) busy();
        return stdout;
      },
    }));
    const ran = await run([rule({ limits: LIMITS, nic: { positions: [1] } })]);
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([0, ['changed'], 12]);
    expect(ran.nics[0]).not.toHaveProperty('notes');
    expect(live()).toEqual([LIMITS, { inbound: rate(11), outbound: null }]);
  });

  it('that changes the VM at every turn is never written over', async () => {
    let turn = 0;
    fleet.hosts[0]!.faults.execs = Array.from({ length: 12 }, () => ({
      corrupt: (stdout: string) => {
        if (/:all\b/.test(stdout)) other.inbound = rate(++turn + 6);
        if (/:all\b/.test(stdout)) rival('live')();
        return stdout;
      },
    }));
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([6, ['stale', 'stale'], 6]);
    expect(ran.nics[0]?.reason).toBe(
      'the VM was changed while the run was under way: nothing was written to it; it has now: live: receives at most 72 kbit/s, sends at most 400 kbit/s; persistent: receives without limit, sends without limit',
    );
    expect(live()?.[0]).toEqual(other);
  });

  it('that writes right after the write is named, and not fought', async () => {
    const mine = "<inbound average='100'/>";
    fleet.hosts[0]!.faults.execs = [
      {},
      { corrupt: (stdout) => stdout.replace(mine, "<inbound average='7'/>") },
    ];
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([3, ['failed', 'changed'], 2]);
    expect(ran.nics[0]?.reason).toMatch(
      /^another run or person set other limits .*live: receives at most 56 kbit\/s$/,
    );
  });

  it('that puts back what there was before is told from a libvirt that takes nothing as far as can be', async () => {
    fleet.hosts[0]!.faults.execs = [
      {},
      { corrupt: (stdout) => stdout.replaceAll(/<(inbound|outbound) average='\d+'\/>/g, '') },
    ];
    const ran = await run([both]);
    expect(ran.nics[0]?.reason).toMatch(/live and persistent limits read back are those from before/);
  });

  it('whose limits were replaced after a wait is noted', async () => {
    vm.busy = { attempts: 1, holder: 'remoteDispatchDomainSave' };
    afterExecs(rival('config'));
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(ran.nics[0]).toMatchObject({ before: { config: other }, notes: [CHANGED_MEANWHILE] });
    expect(ran.nics[1]).not.toHaveProperty('notes');
  });
});

describe('a write whose end is not known', () => {
  const other: Limits = { inbound: rate(7), outbound: rate(50) };
  const rival = () => {
    vm.live = (vm.live ?? []).map((nic) => ({ ...nic, bandwidth: other }));
  };
  const torn = () => {
    vm.live = (vm.live ?? []).map((nic) => ({ ...nic, bandwidth: null, tc: NO_TC }));
  };
  /** Of an answer nothing is left that tells of steps, or of VMs. */
  const silent = (act: () => void): SshFaults['execs'][number] => ({
    corrupt: (stdout) => {
      act();
      const frame = stdout.split('\n').filter((line) => /:(begin|end)$/.test(line));
      return `${frame.join('\n')}\n`;
    },
    corruptErrors: () => '',
  });
  /** The line is lost, and all that was under way repeated on another one. */
  const cut = (act: () => void): SshFaults['execs'][number] => ({
    corrupt: (stdout) => {
      act();
      fleet.hosts[0]!.faults.execs = [];
      return stdout;
    },
    cut: { afterBytes: 60, how: 'drop' },
  });
  const lost = { silent, cut };

  it.each(['silent', 'cut'] as const)('(%s) is made once more where nobody else wrote', async (how) => {
    const ran = await runPlanned([both], [{}, lost[how](() => {}), {}]);
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(live()).toEqual([LIMITS, LIMITS]);
  });

  it.each(['silent', 'cut'] as const)(
    '(%s) is made once more where nothing came of it, or it ended between two commands',
    async (how) => {
      const ran = await runPlanned([both], [{}, lost[how](torn), {}]);
      expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
      expect(live()).toEqual([LIMITS, LIMITS]);
    },
  );

  it.each(['silent', 'cut'] as const)(
    '(%s) is not made once more over what somebody else has set since',
    async (how) => {
      const ran = await runPlanned([both], [{}, lost[how](rival), {}]);
      expect([ran.code, statusesOf(ran)]).toEqual([6, ['stale', 'stale']]);
      expect(ran.nics[0]?.reason).toBe(
        'the VM was changed while the run was under way: it was changed since: live: receives at most 56 kbit/s',
      );
      expect(ran.nics[0]?.notes).toEqual([
        'libvirt gave no answer to a first try of this change, so it may have been written',
      ]);
      expect(live()).toEqual([other, other]);
    },
  );

  it.each(['silent', 'cut'] as const)(
    '(%s) is planned anew by the rules where somebody else has set limits since',
    async (how) => {
      fleet.hosts[0]!.faults.execs = [{}, lost[how](rival), {}];
      const ran = await run([both]);
      expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
      expect(ran.nics[0]?.notes).toContain(CHANGED_MEANWHILE);
      expect(live()).toEqual([LIMITS, LIMITS]);
    },
  );

  it('is not found where the VM is gone since', async () => {
    fleet.hosts[0]!.faults.execs = [{}, silent(() => host.domains.pop()), {}];
    const ran = await run([both]);
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['notFound', 'notFound']]);
  });

  it('is a failure where the host is never understood again, and nothing more is written', async () => {
    const ran = await runPlanned([both], [{}, silent(rival)]);
    expect([ran.code, statusesOf(ran)]).toEqual([3, ['failed', 'failed']]);
    expect(ran.nics[0]?.reason).toMatch(/^how the change ended is not known: /);
    expect(live()).toEqual([other, other]);
  });
});

describe('the lock of a host', () => {
  const lockOf = (user: string, waitSeconds = 0) => ({
    owner: { user, machine: 'ci', run: user },
    waitSeconds,
  });

  it('that somebody else holds keeps everything from being written, and names them', async () => {
    host.lock = '77 owner=bob@ci run=r9';
    const ran = await run([both], { lock: lockOf('alice') });
    expect([ran.code, ran.status, statusesOf(ran)]).toEqual([7, 'failed', ['locked', 'locked']]);
    expect(ran.nics[0]?.reason).toBe(
      'somebody else was writing on this host, so nothing was written: bob@ci, run r9 (not waited for)',
    );
    expect(ran.nics[0]?.after).toBeNull();
    expect(live()?.[0]).toBeNull();
    expect((await run([both], { check: true })).code).toBe(2);
  });

  it('that this very run holds, under another name of the host, is asked for again', async () => {
    host.lock = '77 owner=alice@ci run=alice';
    const free = () => {
      host.lock = null;
    };
    afterExecs(() => {}, free);
    const ran = await run([both], { lock: lockOf('alice') });
    expect([ran.code, statusesOf(ran), ran.execs]).toEqual([0, ['changed', 'changed'], 3]);
  });

  it('is waited for, and the result says for whom', async () => {
    host.lock = '77 flock /run/libvirt sleep 60';
    const free = () => {
      host.lock = null;
    };
    afterExecs(() => setTimeout(free, 500));
    const ran = await run([both], { lock: lockOf('alice', 10) });
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(ran.notes).toEqual([
      'waited for another writer on this host: process 77: flock /run/libvirt sleep 60',
    ]);
    expect(host.lock).toBeNull();
  });

  it('is done without where there is none, and the result says so', async () => {
    host.knobs.flock = 'folder';
    const ran = await run([both], { lock: lockOf('alice') });
    expect([ran.code, statusesOf(ran)]).toEqual([0, ['changed', 'changed']]);
    expect(ran.notes).toEqual([expect.stringMatching(/^no lock keeps other writers .* \/run\/libvirt$/)]);
  });

  it('lets two runs at once end with one state and two reports that are true', async () => {
    host.knobs.latencyMs = 20;
    const mine = { alice: rate(100), bob: rate(200) };
    const [alice, bob] = await Promise.all(
      (['alice', 'bob'] as const).map((user) =>
        run([rule({ limits: { inbound: mine[user] } })], { lock: lockOf(user, 10) }),
      ),
    );
    for (const nic of [0, 1]) {
      const told = [alice!, bob!].map(
        ({ nics }) => nics[nic] as unknown as Record<string, Record<string, unknown>>,
      );
      expect(told.map(({ status }) => status)).toEqual(['changed', 'changed']);
      // What the one left is what the other found, and what the other left is what there is.
      const last = live()?.[nic]?.inbound?.average === 100 ? 0 : 1;
      expect(told[1 - last]).toMatchObject({ before: { live: { inbound: null } } });
      expect(told[last]!.before).toEqual(told[1 - last]!.after);
      expect(told[last]!.after).toEqual({ live: live()?.[nic], config: config()?.[nic] });
    }
  });
});

describe('what is wanted no longer by then', () => {
  const firstNic =
    (reason: string): NonNullable<RunOptions['overtaken']> =>
    async (changes) =>
      new Map(changes.filter(({ subject }) => subject.key === vm.live?.[0]?.mac).map((one) => [one, reason]));

  it('is not written, and all else is', async () => {
    const ran = await run([both], { overtaken: firstNic('other words') });
    expect([ran.code, statusesOf(ran)]).toEqual([6, ['stale', 'changed']]);
    expect(ran.nics[0]?.reason).toBe('other words');
    expect(live()).toEqual([null, LIMITS]);
  });

  it('is asked again once others have changed the VM', async () => {
    let asked = 0;
    afterExecs(() => {
      for (const side of ['live', 'config'] as const)
        Object.assign(vm, { [side]: vm[side]?.map((nic) => ({ ...nic, bandwidth: LIMITS_OF_OTHERS })) });
    });
    const ran = await run([both], {
      overtaken: async (changes) => (++asked === 1 ? new Map() : firstNic('by now')(changes)),
    });
    expect([asked, statusesOf(ran)]).toEqual([2, ['stale', 'changed']]);
    expect(live()).toEqual([LIMITS_OF_OTHERS, LIMITS]);
  });
});

const LIMITS_OF_OTHERS: Limits = { inbound: rate(7), outbound: rate(7) };
