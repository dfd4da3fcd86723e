import type { HostResult } from '../model/result.ts';
import type { EndEntry } from './entry.ts';

/** What a run came to, in numbers. */
export function endOf(hosts: readonly HostResult[], exitCode: number): Omit<EndEntry, 'type' | 'at'> {
  const subjects = hosts.flatMap(({ resources, counted = [] }) => [...resources, ...counted]);
  return { exitCode, hosts: byStatus(hosts), subjects: byStatus(subjects) };
}

function byStatus<S extends string>(all: readonly { readonly status: S }[]): Partial<Record<S, number>> {
  const counts: Partial<Record<S, number>> = {};
  for (const { status } of all) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
