import { planVisit } from '../../../src/engine/plan.ts';
import type { PlannedTask } from '../../../src/engine/planned_task.ts';
import { subjectsIn } from '../../../src/engine/totals.ts';
import type { Limits, Rate } from '../../../src/facts/bandwidth.ts';
import type { Network } from '../../../src/facts/networks.ts';
import type { Nic } from '../../../src/facts/nics.ts';
import type { NovaMetadata } from '../../../src/facts/nova.ts';
import { type Change, desiredOf } from '../../../src/model/change.ts';
import type { Domain, HostFacts } from '../../../src/model/facts.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { FoundNic } from '../../../src/modules/nic_limits/item.ts';
import type { NicLimitsArgs, Rule } from '../../../src/modules/nic_limits/rule.ts';
import { toLimits } from '../../../src/modules/nic_limits/settings.ts';
import { resourceEntry } from '../../../src/reporters/resource.ts';
import { expectAllowed } from './allowed.ts';

/** Short ways to write facts and rules in tests. */

export const NONE: Limits = { inbound: null, outbound: null };

export const rate = (average: number, peak = 0, burst = 0, floor = 0): Rate => ({
  average,
  peak,
  burst,
  floor,
});

export const UUID = '6695eb01-f6a4-8304-79aa-97f2502e193f';
export const MAC = '52:54:00:00:00:01';

export function nic(over: Partial<Nic> = {}): Nic {
  return {
    mac: MAC,
    type: 'bridge',
    target: 'vnet0',
    model: 'virtio',
    alias: 'net0',
    virtualport: '',
    limits: NONE,
    ...over,
    source: { network: '', portgroup: '', bridge: 'br0', dev: '', ...over.source },
  };
}

/** A VM with its NICs at hand. */
export interface Vm extends Domain {
  readonly live: readonly Nic[] | null;
  readonly config: readonly Nic[] | null;
  readonly nova: NovaMetadata | null;
}

/** A running, persistent VM; `live` and `config` default to the same one NIC. */
export function domain(over: Partial<Vm> = {}): Vm {
  const live = over.live === undefined ? [nic()] : over.live;
  const config =
    over.config === undefined ? (live ?? [nic()]).map((n) => ({ ...n, target: '', alias: '' })) : over.config;
  return vm({
    uuid: UUID,
    name: 'web-01',
    title: '',
    state: live === null ? 'shutoff' : 'running',
    persistent: config !== null,
    managedSave: false,
    nova: null,
    ...over,
    live,
    config,
  });
}

/** The facts of a VM from what is at hand of it. */
export function vm(given: Omit<Vm, 'parts' | 'managedSave'> & { readonly managedSave?: boolean }): Vm {
  const { live, config, nova } = given;
  const parts = { nics: { live, config }, nova: { live: live && nova, config: config && nova } };
  return { managedSave: false, ...given, parts };
}

export function network(over: Partial<Network> = {}): Network {
  return {
    name: 'net',
    forward: 'isolated',
    actualType: 'network',
    virtualport: '',
    hasInboundQos: true,
    portgroups: [],
    ...over,
  };
}

export function facts(domains: readonly Domain[], networks: readonly Network[] = []): HostFacts {
  return { domains, parts: { networks }, unreadable: [] };
}

export function rule(over: Partial<Rule> = {}): Rule {
  return {
    name: 'r',
    file: 'inventory/x.yml',
    line: 1,
    required: false,
    domain: null,
    match: {},
    nic: {},
    limits: {},
    applyTo: 'both',
    ...over,
  };
}

export interface TestArgs extends NicLimitsArgs {
  readonly listAll?: boolean;
  readonly rewrite?: boolean;
}

export function args(rules: readonly Rule[], over: Partial<TestArgs> = {}): TestArgs {
  return { rules, unmatched: 'leave', servers: null, ...over };
}

/** A change as the report has it, and what led to it. */
export interface Planned {
  // biome-ignore lint/suspicious/noExplicitAny: a report's entry, whatever is asked of it
  readonly result: any;
  readonly change: Change;
  readonly steps: Change['steps'];
  readonly nic: FoundNic['nic'];
  /** What is to be sent, by state. */
  readonly wanted: Readonly<Record<'live' | 'config', ReturnType<typeof toLimits>>>;
}

/** A task of nic_limits as the engine plans it. */
export function planned({ listAll = false, rewrite = false, ...own }: TestArgs): PlannedTask {
  const task = { host: 'hv01', play: 'p', task: 't', rank: 0, module: nicLimits, args: own };
  return { ...task, ignoreErrors: false, listAll, rewrite, kernel: false, now: 0 };
}

/** What one task of nic_limits plans on a host. */
export function planHost(task: TestArgs, given: HostFacts) {
  const plan = planVisit([planned(task)], given);
  const found = nicLimits.find(given);
  const items = plan.changes.map(({ change }): Planned => {
    expectAllowed(nicLimits, change);
    const { nic } = found.find(
      ({ domain: { uuid }, subject }) => uuid === change.domain.uuid && subject.key === change.subject.key,
    ) as FoundNic;
    const wanted = {
      live: toLimits(desiredOf(change, 'live')),
      config: toLimits(desiredOf(change, 'config')),
    };
    return { result: resourceEntry(change), change, steps: change.steps, nic, wanted };
  });
  const notes = plan.notes.length === 0 ? undefined : plan.notes;
  return { items, matched: plan.matched[0], total: subjectsIn(plan.totals.nic ?? 0), notes };
}
