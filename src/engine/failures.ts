import type { Change } from '../model/change.ts';
import type { HostResult, HostStatus } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';
import type { HostJob } from './job.ts';

/** What is wrong with a subject by its task's doing. */
export const SUBJECT_FAILURES: readonly SubjectStatus[] = [
  'failed',
  'busy',
  'stale',
  'locked',
  'ambiguous',
  'notFound',
  'unsupported',
  'conflict',
  'refused',
];

const HOST_FAILURES: readonly HostStatus[] = ['failed', 'unreachable', 'refused'];

/** Whether a change failed, so that tasks after its own are not for its host any more, as in Ansible. */
export function hasFailed({ ignored, status }: Change): boolean {
  return ignored !== true && SUBJECT_FAILURES.includes(status);
}

/** The subject of a task with ignore_errors: what became of it stays to be seen, and does not count. */
export function ignoreFailure(change: Change): Change {
  return SUBJECT_FAILURES.includes(change.status) ? { ...change, ignored: true } : change;
}

/** A change of a task that comes after one that failed. What needs no change is as it is. */
export function skippedAfterFailure(change: Change): Change {
  // A gate may have said already why it is not made.
  if (change.status !== 'pending') return change;
  return { ...change, status: 'skipped', reason: 'an earlier task failed on this host' };
}

/** The host as it counts: with all its tasks ignoring what became of it, it does not count as failed. */
export function ignoreHostFailure(job: HostJob, result: HostResult): HostResult {
  const all = (option: 'ignoreErrors' | 'ignoreUnreachable') =>
    job.tasks.length > 0 && job.tasks.every((task) => task.options?.[option] === true);
  const ignored =
    (result.status === 'unreachable' && all('ignoreUnreachable')) ||
    (result.status === 'failed' && !result.resources.some(hasFailed) && all('ignoreErrors'));
  return ignored ? { ...result, ignored: true } : result;
}

/** Whether a host counts as failed, unreachable or refused. */
export function counts(result: HostResult): boolean {
  return result.ignored !== true && HOST_FAILURES.includes(result.status);
}
