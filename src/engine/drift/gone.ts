import type { GoneVm } from '../../model/cause.ts';
import type { HostResult, RunResult } from '../../model/result.ts';
import { type Baseline, vmIn, vmsOf } from './baseline.ts';

/**
 * The VMs that rules named in the earlier run and that their host has no more, where this run has read that host whole.
 * What no rule named then is nobody's loss.
 */
export function goneVms(
  baseline: Baseline,
  { hosts, shard }: Pick<RunResult, 'hosts' | 'shard'>,
): readonly GoneVm[] {
  const now = vmsOf(hosts);
  const names = namesOf(hosts);
  const homes = homesOf(hosts);
  // It may be where this run has not looked: on hosts that it could not read whole or has left out, in other shards.
  const unread =
    shard !== undefined ||
    hosts.some(({ hypervisor }) => now.get(hypervisor)?.complete !== true) ||
    [...baseline.vms.keys()].some((hypervisor) => !now.has(hypervisor));
  return [...baseline.subjects].flatMap(([uuid, subjects]): GoneVm[] => {
    const named = subjects.filter(({ change }) => change.rules.length > 0);
    const [one] = named;
    if (one === undefined) return [];
    const vms = now.get(one.host.hypervisor);
    if (vms?.complete !== true || vmIn(vms, uuid) !== undefined) return [];
    const host = names.get(one.host.hypervisor) ?? one.host.name;
    const rule = one.change.rules.at(-1);
    const told = { host, name: one.change.domain.name, uuid, ...(rule === undefined ? {} : { rule }) };
    return [goneVm(told, homes.get(uuid), unread)];
  });
}

/** What shards could not tell of each other's hosts, once they are one. */
export function goneOfShards(gone: readonly GoneVm[], hosts: readonly HostResult[]): readonly GoneVm[] {
  const homes = homesOf(hosts);
  return gone.map((one) => {
    const home = homes.get(one.uuid);
    return home === undefined ? one : goneVm(one, home, false);
  });
}

function goneVm(told: Omit<GoneVm, 'kind' | 'text'>, home: string | undefined, unread: boolean): GoneVm {
  const vm = `the VM "${told.name}" of ${told.host}`;
  if (home !== undefined) return { ...told, kind: 'moved', text: `${vm} was moved to ${home}` };
  if (unread)
    return {
      ...told,
      kind: 'unknown',
      text: `${vm} is not there any more: gone, or moved to a host that was not read`,
    };
  return { ...told, kind: 'gone', text: `${vm} is gone: no host of this run has it` };
}

/** The first name of each hypervisor. */
function namesOf(hosts: readonly HostResult[]): ReadonlyMap<string, string> {
  return new Map(hosts.toReversed().map((host) => [host.hypervisor, host.name]));
}

/** The host of each VM, by its UUID. */
function homesOf(hosts: readonly HostResult[]): ReadonlyMap<string, string> {
  return new Map(
    hosts.toReversed().flatMap((host) => (host.vms?.known ?? []).map(({ uuid }) => [uuid, host.name])),
  );
}
