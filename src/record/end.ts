import type { Change } from '../model/change.ts';
import type { HostResult, HostStatus, UnmatchedRule } from '../model/result.ts';
import type { EndEntry } from './entry.ts';

/** Hosts in these states another run has to go to. */
const LEFT: readonly HostStatus[] = ['skipped', 'failed', 'unreachable', 'refused'];

/** What a run came to: numbers, and the hosts that are left. */
export function endOf(
  hosts: readonly HostResult[],
  exitCode: number,
  unmatchedRules: readonly UnmatchedRule[] = [],
): Omit<EndEntry, 'type' | 'at'> {
  const subjects = hosts.flatMap(({ resources, counted = [] }) => [...resources, ...counted]);
  const left = hosts.filter(({ status }) => LEFT.includes(status)).map(({ name }) => name);
  return {
    exitCode,
    hosts: byStatus(hosts),
    subjects: byStatus(subjects),
    ...(left.length === 0 ? {} : { left }),
    ...(unmatchedRules.length === 0
      ? {}
      : { unmatched: unmatchedRules.map(({ name, file }) => ({ name, file })) }),
  };
}

/** The causes of all that was to be written. */
export function causesOf(changes: readonly Change[]): Pick<EndEntry, 'causes'> {
  const causes = changes.flatMap(({ host, module, domain, subject, steps, cause }) =>
    steps.length === 0 || cause === undefined
      ? []
      : [{ host, module, uuid: domain.uuid, key: subject.key, cause }],
  );
  return causes.length === 0 ? {} : { causes };
}

function byStatus<S extends string>(all: readonly { readonly status: S }[]): Partial<Record<S, number>> {
  const counts: Partial<Record<S, number>> = {};
  for (const { status } of all) counts[status] = (counts[status] ?? 0) + 1;
  return counts;
}
