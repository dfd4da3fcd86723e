import { mergeChanges, mergeCounted } from '../engine/merge.ts';
import { mergeTotals, subjectsIn, vmsNotRead } from '../engine/totals.ts';
import type { Change } from '../model/change.ts';
import { HOST_STATUSES, type HostResult, type HostStatus } from '../model/result.ts';
import { SUBJECT_STATUSES, type SubjectStatus } from '../model/status.ts';

/**
 * Counts by status; total = managed + unmanaged, managed is the sum of the other statuses. What `vmsNotRead` further VMs
 * have is in none of them: no rule can be about these VMs.
 */
export type KindCounts = Readonly<Record<SubjectStatus | 'total' | 'managed' | 'vmsNotRead', number>>;

/** Counts for the end of a report; the numbers of each part add up to its total. */
export interface Summary {
  readonly hosts: Readonly<Record<HostStatus | 'total', number>>;
  /** By kind of subject. */
  readonly resources: Readonly<Record<string, KindCounts>>;
}

/** Counts hosts, and every subject once, under however many inventory names its hypervisor is. */
export function summarise(hosts: readonly HostResult[]): Summary {
  const byHost = new Map<HostStatus, number>();
  for (const { status } of hosts) byHost.set(status, (byHost.get(status) ?? 0) + 1);
  const kinds = new Map<string, Map<SubjectStatus, number>>();
  const totals = new Map<string, { subjects: number; vmsNotRead: number }>();
  for (const names of byHypervisor(hosts)) {
    const changes = names.reduce<readonly Change[]>((all, host) => mergeChanges(all, host.resources), []);
    const counted = mergeCounted(
      names.flatMap((host) => host.counted ?? []),
      changes,
    );
    const all = [...counted, ...changes.map(({ subject, status }) => ({ kind: subject.kind, status }))];
    for (const { kind, status } of all) {
      const counts = kinds.get(kind) ?? new Map<SubjectStatus, number>();
      kinds.set(kind, counts.set(status, (counts.get(status) ?? 0) + 1));
    }
    const read = names.map((host) => host.totals).reduce(mergeTotals);
    for (const [kind, total] of Object.entries(read)) {
      const named = all.filter((one) => one.kind === kind && one.status !== 'unmanaged');
      const before = totals.get(kind) ?? { subjects: 0, vmsNotRead: 0 };
      totals.set(kind, {
        subjects: before.subjects + Math.max(named.length, subjectsIn(total)),
        vmsNotRead: before.vmsNotRead + vmsNotRead(total),
      });
    }
  }
  const found = [...new Set([...totals.keys(), ...kinds.keys()])];
  return {
    hosts: { total: hosts.length, ...counted(HOST_STATUSES, byHost) },
    resources: Object.fromEntries(
      found.map((kind) => {
        const { subjects, vmsNotRead } = totals.get(kind) ?? { subjects: 0, vmsNotRead: 0 };
        return [kind, { ...kindCounts(kinds.get(kind) ?? new Map(), subjects), vmsNotRead }];
      }),
    ),
  };
}

/** The results of each hypervisor under all its inventory names. */
function byHypervisor(hosts: readonly HostResult[]): readonly (readonly HostResult[])[] {
  const found = new Map<string, HostResult[]>();
  for (const host of hosts) {
    const known = found.get(host.hypervisor);
    if (known === undefined) found.set(host.hypervisor, [host]);
    else known.push(host);
  }
  return [...found.values()];
}

function kindCounts(
  counts: ReadonlyMap<SubjectStatus, number>,
  atLeast: number,
): Omit<KindCounts, 'vmsNotRead'> {
  const listed = [...counts.values()].reduce((a, b) => a + b, 0);
  const managed = listed - (counts.get('unmanaged') ?? 0);
  const total = Math.max(listed, atLeast);
  return { total, managed, ...counted(SUBJECT_STATUSES, counts), unmanaged: total - managed };
}

function counted<S extends string>(names: readonly S[], from: ReadonlyMap<S, number>): Record<S, number> {
  return Object.fromEntries(names.map((name) => [name, from.get(name) ?? 0])) as Record<S, number>;
}
