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
  'a confirm in time',
  'a confirm too late',
  'a confirm that never came',
  'a confirm that was killed',
  'a write too late for its confirm',
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
  const watchdogs = runs.flatMap(({ confirm = [] }) => confirm);
  const became = (wanted: string | null) => watchdogs.filter(({ how }) => how === wanted).length;
  met('a confirm in time', became('dropped'));
  met('a confirm too late', became('late') + became('gone'));
  met('a confirm that never came', became(null));
  met(
    'a confirm that was killed',
    runs.filter(({ start, end }) => start?.what === 'confirm' && end === null).length,
  );
  met(
    'a write too late for its confirm',
    changes.filter(({ resource }) => /the time for its confirm was over/.test(resource.reason ?? '')).length,
  );
  met(
    'no room in the record',
    calls.filter(({ ran }) => /ENOSPC|less than 1 MiB/.test(ran.stderr + ran.stdout)).length,
  );
}
