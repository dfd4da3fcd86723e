import { groupBy } from '../../base/group.ts';
import type { Cause } from '../../model/cause.ts';
import type { Change, DomainRef, KernelVerdict, Setting } from '../../model/change.ts';
import type { HostResult, RunResult, VmEvidence, VmsRead } from '../../model/result.ts';
import { mergeVms } from '../vm_evidence.ts';

/** What causes are told by of a subject. */
export interface EarlierChange extends Pick<Change, 'module' | 'rules' | 'status' | 'after' | 'onTrial'> {
  readonly domain: Pick<DomainRef, 'name' | 'uuid' | 'managedSave'>;
  readonly subject: { readonly key: string };
  readonly settings: readonly Pick<Setting, 'name' | 'desired' | 'live' | 'config'>[];
  /** Absent where nobody asked, and where it did not run. */
  readonly kernel?: KernelVerdict;
  readonly cause?: Pick<Cause, 'kind' | 'text'>;
  /** Why nobody knows what was left there. */
  readonly doubt?: string;
}

/** The same of a host. */
export interface EarlierHost extends Pick<HostResult, 'name' | 'hypervisor' | 'status' | 'error' | 'vms'> {
  readonly resources: readonly EarlierChange[];
}

/** A subject as the earlier run had it. */
export interface Before {
  readonly host: EarlierHost;
  readonly change: EarlierChange;
}

/** An earlier result, as causes are looked up in it. */
export interface Baseline {
  /** Its subjects by the VM's UUID. */
  readonly subjects: ReadonlyMap<string, readonly Before[]>;
  /** The VMs of each hypervisor that was read, by its id; undefined where an older virtune did not write them. */
  readonly vms: ReadonlyMap<string, VmsRead | undefined>;
  /** Where VMs were that have no subject in it, by their UUID: names of hosts. */
  readonly homes: ReadonlyMap<string, string>;
  /** The rules that it knows. */
  readonly hasRule: (rule: RuleName) => boolean;
  /** It lists what no rule names, too (--all). */
  readonly listsAll: boolean;
  /** Some of its hosts were not read, or not all of their VMs; or it is a part of a run. */
  readonly partial: boolean;
}

export type RuleName = { readonly name: string; readonly file: string };

export const ruleName = ({ name, file }: RuleName): string => JSON.stringify([name, file]);

/** What of an earlier result tells causes. */
export interface Earlier extends Pick<RunResult, 'shard' | 'shards'> {
  readonly hosts: readonly EarlierHost[];
  readonly unmatchedRules: readonly RuleName[];
  /** Where VMs were that are of no concern otherwise, by their UUID: names of hosts. */
  readonly elsewhere?: ReadonlyMap<string, string>;
  /** It is of some hosts only, as far as a VM that moves is concerned. */
  readonly partial?: boolean;
}

export function baselineOf(earlier: Earlier): Baseline {
  const { hosts, unmatchedRules, shard, shards, partial, elsewhere = [] } = earlier;
  const all = hosts.flatMap((host) => host.resources.map((change): Before => ({ host, change })));
  const vms = vmsOf(hosts);
  const rules = new Set([
    ...all.flatMap(({ change }) => change.rules.map(ruleName)),
    ...unmatchedRules.map(ruleName),
  ]);
  return {
    subjects: groupBy(all, ({ change }) => change.domain.uuid),
    vms,
    homes: new Map([
      ...elsewhere,
      ...hosts.flatMap((host) =>
        (host.vms?.known ?? []).map(({ uuid }): [string, string] => [uuid, host.name]),
      ),
    ]),
    hasRule: (rule) => rules.has(ruleName(rule)),
    listsAll: all.some(({ change }) => change.status === 'unmanaged'),
    partial:
      partial === true ||
      shard !== undefined ||
      (shards !== undefined && shards.missing.length > 0) ||
      hosts.some((host) => vms.get(host.hypervisor)?.complete !== true),
  };
}

/** The VMs of each hypervisor that was read, under whatever names. */
export function vmsOf(
  hosts: readonly Omit<EarlierHost, 'resources'>[],
): ReadonlyMap<string, VmsRead | undefined> {
  const found = new Map<string, VmsRead | undefined>();
  for (const host of hosts)
    if (host.vms !== undefined || wasRead(host))
      found.set(host.hypervisor, mergeVms(found.get(host.hypervisor), host.vms));
  return found;
}

export function vmIn(vms: VmsRead | undefined, uuid: string): VmEvidence | undefined {
  return vms?.known.find((vm) => vm.uuid === uuid);
}

/** Of a host with trouble its VMs may not have been read. */
function wasRead({ status, error }: Pick<HostResult, 'status' | 'error'>): boolean {
  return error === undefined && !['unreachable', 'skipped'].includes(status);
}
