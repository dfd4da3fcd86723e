import { beforeOf, type Change, desiredOf, SIDES, type Values } from '../model/change.ts';
import type { RunResult } from '../model/result.ts';

/** More digits the parser does not read. */
const MOST = 999_999;

/**
 * The three counts of GitLab's merge request widget ("N to add, N to change, N to delete"): limits that are new, are
 * changed, are taken away. In check mode those that a run would make, else those that it made.
 */
export function* gitlabTerraformReport({ hosts, mode }: RunResult): Generator<string> {
  const status = mode === 'check' ? 'pending' : 'changed';
  const counts = { create: 0, update: 0, delete: 0 };
  const seen = new Set<string>();
  for (const { hypervisor, resources } of hosts)
    for (const change of resources) {
      // A hypervisor may have several inventory names.
      const key = JSON.stringify([hypervisor, change.module, change.domain.uuid, change.subject.key]);
      if (change.status !== status || seen.has(key)) continue;
      seen.add(key);
      counts[actionOf(change)] += 1;
    }
  const capped = Object.entries(counts).map(([name, count]) => [name, Math.min(count, MOST)]);
  yield `${JSON.stringify(Object.fromEntries(capped))}\n`;
}

/** Whether a change gives a subject its first limit, takes its last one, or neither. */
export function actionOf(change: Change): 'create' | 'update' | 'delete' {
  const states = SIDES.map((side) => beforeOf(change, side)).filter((values) => values !== null);
  if (!states.some(isLimited)) return 'create';
  const left = SIDES.flatMap((side) => {
    const before = beforeOf(change, side);
    return before === null ? [] : [{ ...before, ...desiredOf(change, side) }];
  });
  return left.some(isLimited) ? 'update' : 'delete';
}

function isLimited(values: Values): boolean {
  return Object.values(values).some((value) => value !== null && value !== 0);
}
