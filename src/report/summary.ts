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

/** Counts hosts and NICs by status. A NIC that several tasks speak of counts for each. */
export function summarise(hosts: readonly HostResult[]): Summary {
  const byHost = new Map<HostStatus, number>();
  const byNic = new Map<NicStatus, number>();
  let managed = 0;
  let total = 0;
  for (const host of hosts) {
    byHost.set(host.status, (byHost.get(host.status) ?? 0) + 1);
    for (const nic of host.nics) byNic.set(nic.status, (byNic.get(nic.status) ?? 0) + 1);
    const named = host.nics.filter((nic) => nic.status !== 'unmanaged').length;
    managed += named;
    total += Math.max(named, host.nicsTotal);
  }
  const counts = <S extends string>(names: readonly S[], from: ReadonlyMap<S, number>) =>
    Object.fromEntries(names.map((name) => [name, from.get(name) ?? 0])) as Record<S, number>;
  return {
    hosts: { total: hosts.length, ...counts(HOST_STATUSES, byHost) },
    nics: { total, managed, ...counts(NIC_STATUSES, byNic), unmanaged: total - managed },
  };
}
