import type { HostResult, HostStatus, NicResult, NicStatus } from '../model/result.ts';
import type { PlanItem } from '../modules/module.ts';
import type { HostJob } from './job.ts';

/** What is wrong with a NIC by its task's doing. */
export const NIC_FAILURES: readonly NicStatus[] = [
  'failed',
  'busy',
  'ambiguous',
  'notFound',
  'unsupported',
  'refused',
];

const HOST_FAILURES: readonly HostStatus[] = ['failed', 'unreachable', 'refused'];

/** Whether a task failed on its host, so that the tasks after it are not for it any more, as in Ansible. */
export function hasFailed(nics: readonly NicResult[]): boolean {
  return nics.some((nic) => nic.ignored !== true && NIC_FAILURES.includes(nic.status));
}

/** The NIC of a task with ignore_errors: what became of it stays to be seen, and does not count. */
export function ignoreFailure(nic: NicResult): NicResult {
  return NIC_FAILURES.includes(nic.status) ? { ...nic, ignored: true } : nic;
}

/** An item of a task that comes after one that failed. What needs no change is as it is. */
export function skippedAfterFailure({ result, steps }: PlanItem): NicResult {
  if (steps.length === 0) return result;
  return { ...result, status: 'skipped', message: 'an earlier task failed on this host' };
}

/** The host as it counts: with all its tasks ignoring what became of it, it does not count as failed. */
export function ignoreHostFailure(job: HostJob, result: HostResult): HostResult {
  const all = (option: 'ignoreErrors' | 'ignoreUnreachable') =>
    job.tasks.length > 0 && job.tasks.every((task) => task.options?.[option] === true);
  const ignored =
    (result.status === 'unreachable' && all('ignoreUnreachable')) ||
    (result.status === 'failed' && !hasFailed(result.nics) && all('ignoreErrors'));
  return ignored ? { ...result, ignored: true } : result;
}

/** Whether a host counts as failed, unreachable or refused. */
export function counts(result: HostResult): boolean {
  return result.ignored !== true && HOST_FAILURES.includes(result.status);
}
