import type { Called } from './execute.ts';
import type { ToldRun } from './history.ts';

/** What must have been met for chaos to prove anything, by its name here. */
export const KINDS = [
  'a run without an end',
  'a result that nobody knows',
  'a write made once more',
  'changed',
  'failed',
  'unreachable',
  'stale',
  'not found',
  'a plan that was applied before',
  'a rollback that wrote',
  'no room in the record',
] as const;

type Kind = (typeof KINDS)[number];

/** How often each was met. */
export type Coverage = Map<Kind, number>;

export function count(coverage: Coverage, calls: readonly Called[], runs: readonly ToldRun[]): void {
  const met = (kind: Kind, times: number) => coverage.set(kind, (coverage.get(kind) ?? 0) + times);
  const changes = runs.flatMap((run) => run.changes);
  const status = (wanted: string) =>
    changes.filter(({ known, resource }) => known && resource.status === wanted).length;
  met('a run without an end', runs.filter(({ end }) => end === null).length);
  met('a result that nobody knows', changes.filter(({ known }) => !known).length);
  met(
    'a write made once more',
    changes.filter(({ resource }) =>
      resource.notes?.some((note) => /made once more|may have been written/.test(note)),
    ).length,
  );
  for (const one of ['changed', 'failed', 'unreachable', 'stale'] as const) met(one, status(one));
  met('not found', status('notFound'));
  met(
    'a plan that was applied before',
    calls.filter(({ ran }) => /was applied already/.test(ran.stderr)).length,
  );
  met(
    'a rollback that wrote',
    runs.filter(({ start, changes: made }) => start?.what === 'rollback' && made.length > 0).length,
  );
  met(
    'no room in the record',
    calls.filter(({ ran }) => /ENOSPC|less than 1 MiB/.test(ran.stderr + ran.stdout)).length,
  );
}
