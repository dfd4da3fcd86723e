import { mergeNics } from '../engine/merge_nics.ts';
import {
  HOST_STATUSES,
  type HostResult,
  type HostStatus,
  NIC_STATUSES,
  type NicStatus,
} from '../model/result.ts';

/** Counts for the end of a report; the numbers of each part add up to its total. */
export interface Summary {
  readonly hosts: Readonly<Record<HostStatus | 'total', number>>;
  /** total = managed + unmanaged; managed is the sum of the statuses. */
  readonly nics: Readonly<Record<NicStatus | 'total' | 'managed', number>>;
}

/** Counts hosts and NICs by status: each NIC once, under however many inventory names its hypervisor is. */
export function summarise(hosts: readonly HostResult[]): Summary {
  const byHost = new Map<HostStatus, number>();
  const byNic = new Map<NicStatus, number>();
  let managed = 0;
  let total = 0;
  for (const host of hosts) byHost.set(host.status, (byHost.get(host.status) ?? 0) + 1);
  for (const names of byHypervisor(hosts)) {
    const nics = mergeNics(names.flatMap((host) => host.nics));
    for (const nic of nics) byNic.set(nic.status, (byNic.get(nic.status) ?? 0) + 1);
    const named = nics.filter((nic) => nic.status !== 'unmanaged').length;
    managed += named;
    total += Math.max(named, ...names.map((host) => host.nicsTotal));
  }
  const counts = <S extends string>(names: readonly S[], from: ReadonlyMap<S, number>) =>
    Object.fromEntries(names.map((name) => [name, from.get(name) ?? 0])) as Record<S, number>;
  return {
    hosts: { total: hosts.length, ...counts(HOST_STATUSES, byHost) },
    nics: { total, managed, ...counts(NIC_STATUSES, byNic), unmanaged: total - managed },
  };
}

/** The results of each hypervisor under all its inventory names. */
function byHypervisor(hosts: readonly HostResult[]): readonly (readonly HostResult[])[] {
  const found = new Map<string, HostResult[]>();
  for (const host of hosts) {
    const key = host.hypervisor ?? host.name;
    const known = found.get(key);
    if (known === undefined) found.set(key, [host]);
    else known.push(host);
  }
  return [...found.values()];
}
