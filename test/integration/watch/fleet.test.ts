import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from 'vitest';
import { zoneOf } from '../../../src/base/time/zone.ts';
import { type Connector, newConnector } from '../../../src/connection/connector.ts';
import type { HostJob, PlayJob } from '../../../src/engine/job.ts';
import type { Gate } from '../../../src/gates/gate.ts';
import { gatesOf } from '../../../src/gates/index.ts';
import type { BoundWaiver } from '../../../src/model/waiver.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { lazyRecord } from '../../../src/record/lazy.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { emitLifecycle } from '../../../src/sim/events.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain, stopDomain } from '../../../src/sim/lifecycle.ts';
import { NO_TC, type SimHost, simHost } from '../../../src/sim/model.ts';
import { setBandwidth } from '../../../src/sim/set_bandwidth.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { virsh } from '../../../src/sim/virsh.ts';
import { type FleetContext, type FleetWatch, watchFleet } from '../../../src/watch/fleet.ts';
import type { Looked } from '../../../src/watch/observer.ts';
import { STREAM_TIMES } from '../../../src/watch/stream.ts';
import { args, rate, rule } from '../../unit/modules/build.ts';
import { parseRules } from '../../unit/modules/of_module.ts';
import { simTarget } from '../engine/sim_target.ts';

/** Whole watches over SSH against simulated hosts. Each test waits for what it expects, however long that takes. */

let dir = '';
let fleet: SimFleet;
let hosts: SimHost[];
let connector: Connector;
let stopping: AbortController;
let watch: FleetWatch;
/** What was told, in words, and the looks. */
let told: string[];
let looks: (Looked & { readonly host: string })[];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-watch-'));
  hosts = ['hv1', 'hv2'].map((name) => {
    const host = simHost(name);
    defineDomain(host, { name: 'web', nics: [{ source: { bridge: 'br0' } }] });
    return host;
  });
  fleet = await startSimFleet(hosts);
  await writeFleetFiles(fleet, dir);
  connector = newConnector();
  stopping = new AbortController();
  told = [];
  looks = [];
});

afterEach(async () => {
  stopping.abort();
  await watch.ended;
  connector.close();
  await fleet.close();
  rmSync(dir, { recursive: true });
});

function job(name: string, inbound: number): HostJob {
  const server = fleet.hosts.find((host) => host.name === name)!;
  return {
    name,
    uri: 'qemu:///system',
    target: { ...simTarget(server, dir), hostTimeoutMs: 1 },
    tasks: [
      { name: 'limits', module: nicLimits, args: args([rule({ limits: { inbound: rate(inbound) } })]) },
    ],
  };
}

function plays(names: readonly string[], inbound = 100): readonly PlayJob[] {
  const place = { file: 'p.yml', line: 1, column: 1 };
  const play = { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] };
  return [{ play, batches: [names.map((name) => job(name, inbound))], rules: [] }];
}

interface Over extends Pick<FleetContext, 'record' | 'gates' | 'clock'> {
  readonly check?: boolean;
  readonly kernel?: boolean;
  readonly lookSeconds?: number;
  readonly forks?: number;
  readonly of?: readonly PlayJob[];
}

function start({
  check = false,
  kernel = false,
  lookSeconds = 0.05,
  forks = 10,
  record,
  gates,
  clock,
  of = plays(['hv1', 'hv2']),
}: Over = {}): void {
  watch = watchFleet(of, {
    connector,
    forks,
    run: { check, kernel },
    gates,
    record,
    clock,
    clockSet: (byMs) => told.push(`the clock was set by ${Math.round(byMs / 3_600_000)} h`),
    intervalMs: 3_600_000,
    blindIntervalMs: 3_600_000,
    times: { ...STREAM_TIMES, lookSeconds },
    stopping: stopping.signal,
    abort: new AbortController().signal,
    observer: {
      connected: (host) => told.push(`${host} connected`),
      lost: (host, why) => told.push(`${host} lost: ${why}`),
      left: (host) => told.push(`${host} left`),
      garbled: (host, line) => told.push(`${host} garbled: ${line}`),
      noted: (host, note) => told.push(`${host}: ${note}`),
      looked: (host, looked) => looks.push({ host, ...looked }),
    },
  });
}

const HOUR = 3_600_000;

async function until(what: () => unknown): Promise<void> {
  const patience = performance.now() + 30_000;
  while (!what()) {
    if (performance.now() > patience)
      throw new Error(
        `it never came: ${what}\n${told.join('\n')}\n${JSON.stringify(looks.map((l) => [l.host, l.triggers, l.hosts.map((h) => h.resources.map((r) => [r.status, r.reason, r.cause?.kind]))]))}`,
      );
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

const inbound = (host: SimHost) => host.domains[0]?.live?.[0]?.bandwidth?.inbound?.average ?? 0;
const allAre = (average: number) => hosts.every((host) => inbound(host) === average);
const web = (host: SimHost) => host.domains.find(({ name }) => name === 'web')!;
const causes = () =>
  looks.flatMap((look) =>
    look.hosts.flatMap(({ resources }) => resources.flatMap(({ cause }) => cause ?? [])),
  );
const statusesOf = ({ hosts: results }: Looked) =>
  results.flatMap(({ resources }) => resources.map(({ status }) => status));

it('makes each hypervisor as declared once it hears its events, over one connection', async () => {
  start();
  await until(() => allAre(100));
  await until(() => looks.length >= 2);
  expect(told.toSorted()).toEqual(['hv1 connected', 'hv2 connected']);
  expect(fleet.hosts.map(({ counts }) => counts.connections)).toEqual([1, 1]);
});

it('gives a VM that was defined and is not started its persistent limits', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100) && looks.length >= 2);
  const guest = defineDomain(hosts[0]!, {
    name: 'guest',
    nics: [{ source: { bridge: 'br0' } }],
    state: 'shutoff',
  });
  await until(() => guest.config![0]!.bandwidth?.inbound?.average === 100);
  await until(() => looks.length >= 3);
  expect(looks[2]).toMatchObject({ event: { name: 'guest', word: 'Defined Added' }, triggers: ['event'] });
});

it('looks once at what is defined and started, with its start', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100) && looks.length >= 2);
  const guest = defineDomain(hosts[0]!, {
    name: 'guest',
    nics: [{ source: { bridge: 'br0' } }],
    state: 'shutoff',
  });
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(startDomain(hosts[0]!, guest)).toBeNull();
  await until(() => guest.live?.[0]?.bandwidth?.inbound?.average === 100);
  await until(() => looks.length >= 3);
  expect(looks[2]).toMatchObject({ event: { name: 'guest', word: 'Started Booted' } });
  expect(guest.config![0]!.bandwidth?.inbound?.average).toBe(100);
});

it('limits a VM again after its definition was made anew and it was started', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100));
  const vm = web(hosts[0]!);
  stopDomain(hosts[0]!, vm);
  vm.config = vm.config!.map((nic) => ({ ...nic, bandwidth: null }));
  expect(startDomain(hosts[0]!, vm)).toBeNull();
  expect(inbound(hosts[0]!)).toBe(0);
  await until(() => allAre(100));
  await until(() => looks.some(({ event }) => event?.word === 'Started Booted'));
  const look = looks.find(({ event }) => event !== undefined)!;
  expect(look).toMatchObject({
    host: 'hv1',
    event: { name: 'web', word: 'Started Booted' },
    triggers: ['event'],
  });
  expect(fleet.hosts.map(({ counts }) => counts.connections)).toEqual([1, 1]);
});

it('looks at the VM alone that was heard of, and at the others soon after, whatever its name', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100) && looks.length >= 2);
  const host = hosts[0]!;
  const guest = defineDomain(host, { name: 'guest', nics: [{ source: { bridge: 'br0' } }] });
  await until(() => looks.length >= 3);
  for (const vm of [web(host), guest]) vm.live = vm.live!.map((nic) => ({ ...nic, bandwidth: null }));
  const seen = looks.length;
  // It may have been this one, or another one that somebody has given its name.
  emitLifecycle(host, guest, 'Resumed Unpaused');
  await until(() => guest.live![0]!.bandwidth?.inbound?.average === 100);
  expect(inbound(host)).toBe(0);
  await until(() => looks.length > seen);
  expect(looks[seen]).toMatchObject({ isOfSome: true, triggers: ['event'] });
  expect(statusesOf(looks[seen]!)).toEqual(['inSync', 'changed']);
  await until(() => inbound(host) === 100);
  await until(() => looks.length > seen + 1);
  expect(looks[seen + 1]).toMatchObject({ isOfSome: false, triggers: ['rest'] });
  expect(statusesOf(looks[seen + 1]!)).toEqual(['changed', 'inSync']);
});

it('looks at all VMs where a gate judges by all of them', async () => {
  const gate: Gate = { name: 'counts', applies: () => true, judge: () => [] };
  start({ lookSeconds: 3600, gates: () => [gate] });
  await until(() => allAre(100) && looks.length >= 2);
  const host = hosts[0]!;
  web(host).live = web(host).live!.map((nic) => ({ ...nic, bandwidth: null }));
  const guest = defineDomain(host, { name: 'guest', nics: [{ source: { bridge: 'br0' } }] });
  emitLifecycle(host, guest, 'Started Booted');
  await until(() => inbound(host) === 100);
  expect(looks.some(({ isOfSome }) => isOfSome)).toBe(false);
});

it('looks at all VMs where the host has none of the name that an event tells', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100) && looks.length >= 2);
  const host = hosts[0]!;
  web(host).live = web(host).live!.map((nic) => ({ ...nic, bandwidth: null }));
  emitLifecycle(host, { ...web(host), name: "x': Started Booted" }, 'Started Booted');
  await until(() => inbound(host) === 100 && looks.length >= 3);
  expect(looks[2]).toMatchObject({ isOfSome: false, triggers: ['event'] });
});

it('asks a host that refuses the login seldom, and at once when the files are read again', async () => {
  const { faults, counts } = fleet.hosts[0]!;
  faults.rejectKeys = true;
  start();
  await until(() => told.some((one) => one.startsWith('hv1 lost: ')) && inbound(hosts[1]!) === 100);
  // A host that was lost would have been asked again by now.
  await new Promise((resolve) => setTimeout(resolve, 500));
  faults.rejectKeys = false;
  const before = counts.connections;
  watch.reload(plays(['hv1', 'hv2']));
  await until(() => inbound(hosts[0]!) === 100);
  expect([before, counts.connections]).toEqual([1, 2]);
});

it('looks at a hypervisor while others hang, however many', async () => {
  // The stream, then a read that is not answered.
  const hung = { cut: { afterBytes: 0, how: 'hang' } } as const;
  fleet.hosts[0]!.faults.execs = [{}, hung];
  start({ forks: 1 });
  await until(() => inbound(hosts[1]!) === 100);
  expect(inbound(hosts[0]!)).toBe(0);
  fleet.hosts[0]!.dropAll();
});

it('writes nothing that gates refuse, which are made anew for each look', async () => {
  let made = 0;
  const gates = (): readonly Gate[] => {
    made++;
    return [
      {
        name: 'no',
        applies: () => true,
        alone: true,
        judge: () => [{ status: 'refused', reason: 'not today' }],
      },
    ];
  };
  start({ lookSeconds: 3600, gates });
  await until(() => looks.length >= 2);
  expect([made, ...looks.flatMap(statusesOf)]).toEqual([2, 'refused', 'refused']);
  expect(allAre(0)).toBe(true);
});

it('limits a NIC that is plugged in', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100));
  await virsh(hosts[0]!, ['attach-interface', 'web', 'bridge', 'br1', '--live']);
  await until(() => hosts[0]!.domains[0]?.live?.[1]?.bandwidth?.inbound?.average === 100);
  await until(() => causes().length > 0);
  expect(causes()).toMatchObject([{ kind: 'newPart', detail: 'device-added' }]);
});

it("tells a VM that has arrived from a new one by its host's events", async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100));
  const vm = defineDomain(hosts[0]!, { name: 'guest', nics: [{ source: { bridge: 'br0' } }] });
  emitLifecycle(hosts[0]!, vm, 'Started Migrated', 'Resumed Migrated');
  await until(() => causes().length > 0);
  expect(causes()).toMatchObject([
    { kind: 'moved', detail: expect.stringMatching(/Started Migrated, Resumed Migrated$/) },
  ]);
});

it('puts back what somebody has set by hand, which raises no event, and says why', async () => {
  start();
  await until(() => allAre(100));
  const vm = web(hosts[1]!);
  const { mac } = vm.live![0]!;
  setBandwidth(
    hosts[1]!,
    vm,
    mac,
    { inbound: { average: 5, peak: 0, burst: 0, floor: 0 } },
    { live: true, config: false },
  );
  hosts[1]!.changes++;
  await until(() =>
    looks.some(
      (look) =>
        look.host === 'hv2' && look.triggers.includes('touched') && statusesOf(look).includes('changed'),
    ),
  );
  expect(inbound(hosts[1]!)).toBe(100);
  const cause = looks
    .flatMap((look) => look.hosts.flatMap(({ resources }) => resources))
    .find((one) => one.cause)?.cause;
  expect(cause?.text).toBe('changed by hand: live');
});

/** As somebody does with tc, and libvirt knows nothing of it. */
function wipe(host: SimHost): void {
  const vm = web(host);
  vm.live = vm.live!.map((nic) => ({ ...nic, tc: NO_TC }));
}
const isShaped = (host: SimHost) => web(host).live![0]!.tc.shaper?.average === 100;

it("sets again what was wiped behind libvirt's back, where it is to look at the kernel, and says so", async () => {
  start({ kernel: true });
  // What it has written itself is heard, too.
  const hasSeenItsOwn = (name: string) =>
    looks.some(({ host, triggers }) => host === name && triggers.includes('queues'));
  await until(() => hosts.every(isShaped) && hasSeenItsOwn('hv1'));
  wipe(hosts[0]!);
  await until(() => isShaped(hosts[0]!));
  const isMended = (look: Looked) => look.triggers[0] === 'queues' && statusesOf(look).includes('changed');
  await until(() => looks.some(isMended));
  const [mended] = looks.filter(isMended).flatMap((look) => look.hosts.flatMap(({ resources }) => resources));
  expect(mended?.cause?.kind).toBe('changedInKernel');
  expect(mended?.cause?.text).toMatch(
    /^changed in the kernel behind libvirt: inbound: the kernel limits nothing/,
  );
});

it('leaves queues alone that libvirt never sets, and names them', async () => {
  start({ kernel: true });
  await until(() => looks.length >= 2 && hosts.every(isShaped));
  const vm = web(hosts[0]!);
  vm.live = vm.live!.map((nic) => ({ ...nic, tc: { ...NO_TC, root: 'cake' } }));
  const reasons = () => looks.flatMap((look) => look.hosts.flatMap(({ resources }) => resources));
  await until(() => reasons().some(({ notes = [] }) => notes.some((note) => note.includes('cake'))));
  expect(web(hosts[0]!).live![0]!.tc.root).toBe('cake');
});

it('says where it cannot hear what happens to queues, and does not ask where nobody wants to know', async () => {
  for (const host of hosts) host.knobs.tc = 'absent';
  start({ kernel: true });
  await until(() => told.filter((text) => text.includes('tc does not tell there')).length === 2);
  wipe(hosts[0]!);
  stopping.abort();
  await watch.ended;
  stopping = new AbortController();
  looks = [];
  start();
  await until(() => looks.length >= 2);
  expect(inbound(hosts[0]!)).toBe(100);
  expect(looks.flatMap(({ triggers }) => triggers)).not.toContain('queues');
});

it('leaves a record of each look that writes, with its reason, and none of others', async () => {
  const begun: string[] = [];
  const entries: string[] = [];
  start({
    record: (reason) =>
      lazyRecord(async () => {
        begun.push(reason([]));
        return {
          intend: async (changes) => void entries.push(`intend ${changes.length}`),
          conclude: async (changes) => void entries.push(`conclude ${changes.length}`),
          arm: () => Promise.resolve(),
          disarm: () => Promise.resolve(),
          note: async () => {},
          end: async ({ exitCode }) => {
            entries.push(`end ${exitCode}`);
            return '';
          },
          close: async () => {},
        };
      }),
  });
  await until(() => looks.filter(({ triggers }) => triggers.includes('touched')).length >= 2);
  expect(begun.toSorted()).toEqual(['hv1: after it was connected to', 'hv2: after it was connected to']);
  expect(entries.toSorted()).toEqual(['conclude 1', 'conclude 1', 'end 0', 'end 0', 'intend 1', 'intend 1']);
});

it('writes nothing that cannot be recorded', async () => {
  start({
    record: () =>
      lazyRecord(async () => {
        throw new Error('no space left');
      }),
  });
  await until(() => looks.length >= 2);
  expect(allAre(0)).toBe(true);
  expect(
    looks.flatMap((look) => look.hosts.flatMap(({ resources }) => resources.map(({ reason }) => reason)))[0],
  ).toMatch(/could not be recorded before: no space left/);
});

it('only tells in check mode, and writes nothing', async () => {
  start({ check: true });
  await until(() => looks.length >= 2);
  expect(looks.map(statusesOf)).toEqual([['pending'], ['pending']]);
  expect(allAre(0)).toBe(true);
});

it('connects again after the line was cut, and finds what happened meanwhile', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100));
  fleet.hosts[0]!.dropAll();
  const vm = web(hosts[0]!);
  stopDomain(hosts[0]!, vm);
  vm.config = vm.config!.map((nic) => ({ ...nic, bandwidth: null }));
  startDomain(hosts[0]!, vm);
  await until(() => told.filter((text) => text === 'hv1 connected').length === 2);
  await until(() => allAre(100));
  expect(told.filter((text) => text.startsWith('hv1 lost'))).toHaveLength(1);
  expect(told.filter((text) => text.startsWith('hv2'))).toEqual(['hv2 connected']);
});

it('takes up a libvirtd that was away', async () => {
  start();
  await until(() => allAre(100));
  hosts[0]!.knobs.libvirtd = 'down';
  await until(() => told.some((text) => text.startsWith('hv1 lost')));
  hosts[0]!.knobs.libvirtd = 'up';
  await until(() => told.filter((text) => text === 'hv1 connected').length === 2);
});

it('takes a wrong first answer of a libvirtd that was restarted for nothing that stays', async () => {
  const host = hosts[0]!;
  const vm = defineDomain(host, { name: 'guest', nics: [], cpu: {} });
  const { args: ofCpu } = parseRules(cpuLimits, '- { domain: guest, cpu_quota: 50% }');
  const [play] = plays([]);
  const limited: HostJob = {
    ...job('hv1', 100),
    tasks: [{ name: 'cpu', module: cpuLimits, args: ofCpu }],
  };
  const quota = () => [vm.liveTuning?.cpu.vcpu_quota, vm.configTuning?.cpu.vcpu_quota];
  start({ lookSeconds: 0.05, of: [{ ...play!, batches: [[limited]] }] });
  await until(() => quota().every((one) => one === 50_000));
  const cgroups = host.knobs.cgroups;
  host.knobs.libvirtd = 'down';
  await until(() => told.some((text) => text.startsWith('hv1 lost')));
  // What is set is gone, and libvirt says at first that the host cannot limit a CPU at all.
  vm.liveTuning = { ...vm.liveTuning!, cpu: {} };
  vm.configTuning = { ...vm.configTuning!, cpu: {} };
  host.knobs.cgroups = [];
  const seen = looks.length;
  host.knobs.libvirtd = 'up';
  await until(() => looks.slice(seen).flatMap(statusesOf).includes('unsupported'));
  expect(quota()).toEqual([undefined, undefined]);
  host.knobs.cgroups = cgroups;
  // Nothing tells that it is otherwise now: the look some seconds after the restart finds it.
  await until(() => quota().every((one) => one === 50_000));
});

it('a hypervisor that never answers keeps no other from being watched', async () => {
  fleet.hosts[0]!.faults.connect = 'silent';
  start();
  await until(() => inbound(hosts[1]!) === 100);
  expect(inbound(hosts[0]!)).toBe(0);
});

it.each([
  ['goes on', 'running', 'Resumed Migrated'],
  ['stays paused', 'paused', 'Suspended Paused'],
] as const)('leaves a VM that migrates in alone until it has arrived, and %s', async (_, state, arrived) => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100));
  const host = hosts[0]!;
  const vm = defineDomain(host, { name: 'guest', nics: [{ source: { bridge: 'br0' } }], state: 'paused' });
  const limit = () => vm.live?.[0]?.bandwidth?.inbound?.average ?? 0;
  await until(() => limit() === 100);
  // As it comes from another host, with the limits that it had there.
  vm.live = vm.live!.map((nic) => ({ ...nic, bandwidth: null }));
  emitLifecycle(host, vm, 'Started Migrated', 'Defined Added');
  const isHeld = () =>
    looks.some((look) =>
      look.hosts.some(({ resources }) =>
        resources.some(({ reason }) => reason?.includes('a VM migrates to this host')),
      ),
    );
  await until(isHeld);
  expect(limit()).toBe(0);
  vm.state = state;
  emitLifecycle(host, vm, arrived);
  await until(() => limit() === 100);
});

it('leaves a paused VM alone of which only queues were heard: it may be one that migrates in', async () => {
  start({ kernel: true });
  await until(() => looks.length >= 2 && hosts.every(isShaped));
  const host = hosts[0]!;
  const vm = defineDomain(host, { name: 'guest', nics: [{ source: { bridge: 'br0' } }], state: 'paused' });
  const shaper = () => vm.live?.[0]?.tc.shaper?.average ?? 0;
  const isHeld = () =>
    looks.some((look) =>
      look.hosts.some(({ resources }) =>
        resources.some(({ reason }) => reason?.includes('may be about to migrate')),
      ),
    );
  // Once the watch has heard of all that it has written itself.
  let [count, since] = [0, Date.now()];
  await until(() => {
    if (count !== looks.length) [count, since] = [looks.length, Date.now()];
    return shaper() === 100 && Date.now() - since > 1_000;
  });
  vm.live = vm.live!.map((nic) => ({ ...nic, tc: NO_TC }));
  await until(isHeld);
  await until(() => shaper() === 100);
});

it.each([
  ['Save', 'busy', /^another job holds the VM: save;/],
  ['Start', 'skipped', /^its VM is being started: /],
] as const)(
  'limits others at once while a job (%s) holds a VM, and that one after its end',
  async (job, status, reason) => {
    const host = hosts[0]!;
    // Whoever writes to it waits for ever.
    host.knobs.lockTimeoutMs = 2 ** 31 - 1;
    start();
    await until(() => allAre(100) && looks.length >= 2);
    const guest = defineDomain(host, { name: 'guest', nics: [{ source: { bridge: 'br0' } }] });
    web(host).job = job;
    web(host).live = web(host).live!.map((nic) => ({ ...nic, bandwidth: null }));
    // Both are looked at at once.
    emitLifecycle(host, web(host), 'Resumed Unpaused');
    emitLifecycle(host, guest, 'Started Booted');
    await until(() => guest.live![0]!.bandwidth?.inbound?.average === 100);
    await until(() => looks.some((look) => statusesOf(look).join() === `${status},changed`));
    expect(inbound(host)).toBe(0);
    const [held] = looks
      .flatMap((look) => look.hosts.flatMap(({ resources }) => resources))
      .filter((one) => one.status === status);
    expect(held?.reason).toMatch(reason);
    const failed = looks.filter((look) => look.hosts.some((one) => one.status === 'failed'));
    expect(failed.length > 0).toBe(status === 'busy');
    const seen = looks.length;
    web(host).job = null;
    // libvirt writes its file when the job ends.
    host.changes++;
    await until(() => inbound(host) === 100);
    // What is set at last is told as what it was at first.
    const set = () =>
      looks
        .slice(seen)
        .flatMap((look) => look.hosts.flatMap(({ resources }) => resources))
        .filter(({ domain, status: now }) => domain.name === 'web' && now === 'changed');
    await until(() => set().length > 0);
    expect(set().map(({ cause }) => cause)).toEqual([held?.cause]);
    expect(held?.cause?.kind).toBe('changedByHand');
  },
);

it('bears a stream of lies: long lines, garbage, VMs that are gone, names that look like events', async () => {
  start({ lookSeconds: 3600 });
  await until(() => allAre(100) && looks.length >= 2);
  const say = (line: string): void => {
    for (const listener of hosts[0]!.listeners) listener(line);
  };
  const writes = fleet.hosts[0]!.host.changes;
  for (const line of [
    'x'.repeat(1_000_000),
    `event 'lifecycle' for domain '${'y'.repeat(1_000_000)}': Started Booted`,
    "event 'lifecycle' for domain 'half of a",
    '\u0000\u001b]0;title\u0007\ufffd\u2028',
    "event 'lifecycle' for domain 'gone': Started Booted",
    "event 'lifecycle' for domain 'a': Started Booted': Undefined Removed",
    "event 'lifecycle' for domain '; virsh destroy web #': Defined Added",
    'vt000000000000000000000000:ended:lifecycle',
  ])
    say(line);
  await until(() => looks.some(({ event, host }) => host === 'hv1' && event !== undefined));
  await until(() => told.some((one) => one.startsWith('hv1 garbled: x')));
  expect(told.filter((one) => one.includes('garbled'))).toEqual([`hv1 garbled: ${'x'.repeat(80)}`]);
  // It is heard as before, nothing was written, and nothing ended.
  expect(fleet.hosts[0]!.host.changes).toBe(writes);
  const vm = web(hosts[0]!);
  stopDomain(hosts[0]!, vm);
  vm.config = vm.config!.map((nic) => ({ ...nic, bandwidth: null }));
  startDomain(hosts[0]!, vm);
  await until(() => allAre(100));
  expect(told.filter((text) => text.includes('lost'))).toEqual([]);
});

it('other plays hold after a reload: hosts that they lack are left, others have other limits', async () => {
  start();
  await until(() => allAre(100));
  watch.reload(plays(['hv2'], 200));
  await until(() => inbound(hosts[1]!) === 200);
  await until(() => hosts[0]!.listeners.size === 0);
  expect(inbound(hosts[0]!)).toBe(100);
});

it.each(['all', 'changed'] as const)(
  'tells of a host by the name that it has by now, over the same connection: %s',
  async (looks) => {
    start();
    await until(() => allAre(100) && told.length >= 2);
    const [play] = plays([]);
    const renamed: HostJob = { ...job('hv1', 200), name: 'compute-1' };
    watch.reload([{ ...play!, batches: [[renamed, job('hv2', 100)]] }], looks);
    await until(() => inbound(hosts[0]!) === 200);
    expect(told.filter((one) => !one.startsWith('hv2'))).toEqual([
      'hv1 connected',
      'hv1 left',
      'compute-1 connected',
    ]);
    expect(fleet.hosts.map(({ counts }) => counts.connections)).toEqual([1, 1]);
  },
);

it.each(['all', 'changed'] as const)(
  'logs in anew where other files say another login: %s',
  async (looks) => {
    start();
    await until(() => allAre(100) && told.length >= 2);
    const [play] = plays(['hv1']);
    const first = job('hv1', 200);
    const other: HostJob = { ...first, target: { ...first.target, user: 'other' } };
    watch.reload([{ ...play!, batches: [[other, job('hv2', 100)]] }], looks);
    await until(() => inbound(hosts[0]!) === 200);
    // Nothing was done as who it had been.
    expect(fleet.hosts.map(({ counts }) => counts.connections)).toEqual([2, 1]);
    expect(told.filter((one) => one === 'hv1 connected')).toHaveLength(2);
  },
);

it('looks at those hosts alone for which plays that were read again say something else', async () => {
  start();
  await until(() => allAre(100));
  // Others that say the same: it is no matter how a host is reached.
  expect(watch.reload(plays(['hv1', 'hv2']), 'changed')).toBe(0);
  const [play] = plays(['hv1']);
  const second: HostJob = job('hv2', 200);
  expect(watch.reload([{ ...play!, batches: [[...play!.batches[0]!, second]] }], 'changed')).toBe(1);
  await until(() => inbound(hosts[1]!) === 200);
  const reloads = () => looks.filter(({ triggers }) => triggers.includes('reload'));
  await until(() => reloads().length > 0);
  expect(new Set(reloads().map(({ host }) => host))).toEqual(new Set(['hv2']));
  expect(watch.reload(plays(['hv2'], 200), 'changed')).toBe(1);
  await until(() => hosts[0]!.listeners.size === 0);
});

it('ends in order: what is under way is finished, and nothing listens any more', async () => {
  start();
  await until(() => looks.length >= 2);
  stopping.abort();
  await watch.ended;
  await until(() => hosts.every(({ listeners }) => listeners.size === 0));
  expect(told.filter((text) => text.includes('lost'))).toEqual([]);
});

it('looks again when a rule ends, at the hosts that it is about alone', async () => {
  const base = rule({ limits: { inbound: rate(100) } });
  const [play] = plays(['hv2']);
  const until1 = { at: Date.now() + 1_500, zone: zoneOf('UTC') };
  const raised = rule({ line: 2, limits: { inbound: rate(500) }, times: { until: until1 } });
  const timed: HostJob = {
    ...job('hv1', 100),
    tasks: [{ name: 'limits', module: nicLimits, args: args([base, raised]) }],
  };
  start({ lookSeconds: 3600, of: [{ ...play!, batches: [[timed, ...play!.batches.flat()]] }] });
  await until(() => inbound(hosts[0]!) === 500 && inbound(hosts[1]!) === 100);
  await until(() => inbound(hosts[0]!) === 100);
  await until(() => looks.some(({ triggers }) => triggers.includes('window')));
  expect(Date.now()).toBeGreaterThanOrEqual(until1.at);
  const later = looks.filter(({ triggers }) => !triggers.includes('start'));
  expect(later.map(({ host, triggers }) => [host, triggers])).toEqual([['hv1', ['window']]]);
  expect(later.map(statusesOf)).toEqual([['changed']]);
  expect(later[0]?.hosts[0]?.resources[0]?.cause?.kind).toBe('declaredAnew');
});

it('looks when a waiver ends, and sets what it had left', async () => {
  const endsAt = Date.now() + 1_500;
  const waiver: BoundWaiver = {
    ...{
      owner: 'o',
      reason: 'r',
      until: new Date(endsAt).toISOString(),
      endsAt,
      hostNames: new Set(['hv1']),
    },
    ...{ file: 'w.yml', line: 1, place: { file: 'w.yml', line: 1, column: 1 } },
  };
  const gates = () => gatesOf({ waivers: { waivers: [waiver], now: Date.now() } });
  start({ lookSeconds: 3600, gates });
  await until(() => inbound(hosts[0]!) === 100);
  await until(() => looks.some(({ triggers }) => triggers.includes('window')));
  expect(Date.now()).toBeGreaterThanOrEqual(endsAt);
  const own = looks.filter(({ host }) => host === 'hv1');
  expect(own.map((look) => [look.triggers, statusesOf(look)])).toEqual([
    [['start'], ['waived']],
    [['window'], ['changed']],
  ]);
});

it('follows a clock that is set, forward and back: rules by its time, all waits by none', async () => {
  let ahead = 0;
  // For all that runs in this process, the connections and the hosts among them.
  const unset = Date.now;
  const set = vi.spyOn(Date, 'now').mockImplementation(() => unset() + ahead);
  onTestFinished(() => set.mockRestore());
  const clock = { now: () => Date.now(), everyMs: 20 };
  const [play] = plays(['hv2']);
  const end = { at: Date.now() + 5 * HOUR, zone: zoneOf('UTC') };
  const rules = [
    rule({ limits: { inbound: rate(100) } }),
    rule({ line: 2, limits: { inbound: rate(500) }, times: { until: end } }),
  ];
  const timed: HostJob = {
    ...job('hv1', 100),
    tasks: [{ name: 'limits', module: nicLimits, args: args(rules) }],
  };
  start({ lookSeconds: 3600, clock, of: [{ ...play!, batches: [[timed, ...play!.batches.flat()]] }] });
  await until(() => inbound(hosts[0]!) === 500 && inbound(hosts[1]!) === 100);
  ahead = 6 * HOUR;
  await until(() => inbound(hosts[0]!) === 100);
  ahead = -6 * HOUR;
  await until(() => inbound(hosts[0]!) === 500);
  expect(told.filter((one) => one.includes('clock'))).toEqual([
    'the clock was set by 6 h',
    'the clock was set by -12 h',
  ]);
  // What is waited for is not: a line that is cut is there again in a moment, and a start is heard.
  fleet.hosts[1]!.dropAll();
  ahead = 48 * HOUR;
  await until(() => told.filter((text) => text === 'hv2 connected').length === 2);
  const vm = web(hosts[1]!);
  stopDomain(hosts[1]!, vm);
  vm.config = vm.config!.map((nic) => ({ ...nic, bandwidth: null }));
  startDomain(hosts[1]!, vm);
  await until(() => inbound(hosts[1]!) === 100);
  expect(looks.every(({ reactionMs }) => reactionMs >= 0 && reactionMs < HOUR)).toBe(true);
});

it('a clock that is set brings no login on that is put off', async () => {
  const { faults, counts } = fleet.hosts[0]!;
  faults.rejectKeys = true;
  let ahead = 0;
  start({ clock: { now: () => Date.now() + ahead, everyMs: 10 } });
  await until(() => told.some((one) => one.startsWith('hv1 lost: ')) && inbound(hosts[1]!) === 100);
  ahead = HOUR;
  await until(() => looks.some(({ host, triggers }) => host === 'hv2' && triggers.includes('clock')));
  expect(counts.connections).toBe(1);
});

it('makes all steps of a ramp, each in its time', async () => {
  const [play] = plays([]);
  const ramp = { step: 100, everySeconds: 1 };
  const slow: HostJob = {
    ...job('hv1', 100),
    tasks: [
      {
        name: 'limits',
        module: nicLimits,
        args: args([rule({ limits: { inbound: rate(100) }, ramp })]),
      },
    ],
  };
  const vm = web(hosts[0]!);
  const bandwidth = { inbound: rate(350), outbound: null };
  vm.live = vm.live!.map((nic) => ({ ...nic, bandwidth }));
  vm.config = vm.config!.map((nic) => ({ ...nic, bandwidth }));
  const began = Date.now();
  start({ lookSeconds: 3600, of: [{ ...play!, batches: [[slow]] }] });
  await until(() => inbound(hosts[0]!) === 100);
  await until(() => looks.length >= 3);
  expect(Date.now() - began).toBeGreaterThanOrEqual(2_000);
  const set = looks.map(({ hosts: results }) => results[0]?.resources[0]?.after?.live?.['inbound.average']);
  expect(set).toEqual([267, 184, 100]);
  expect(looks.map(({ triggers }) => triggers)).toEqual([['start'], ['window'], ['window']]);
});
