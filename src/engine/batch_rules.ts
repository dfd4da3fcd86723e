import type { HostResult } from '../model/result.ts';
import { counts } from './failures.ts';
import type { HostJob, PlayJob } from './job.ts';

/** The host without the tasks that only the first one of a batch has. */
export function withoutRunOnce(job: HostJob): HostJob {
  const tasks = job.tasks.filter((task) => task.options?.runOnce !== true);
  return tasks.length === job.tasks.length ? job : { ...job, tasks };
}

/** How many hosts of a batch at once: `throttle` of any of their tasks, since a host's tasks are one visit. */
export function hostsAtOnce(jobs: readonly HostJob[], forks: number): number {
  const throttles = new Set(jobs.flatMap((job) => job.tasks.map((task) => task.options?.throttle ?? 0)));
  throttles.delete(0);
  return Math.min(forks, ...throttles);
}

/** Why the run ends after a batch, or ''. */
export function batchVerdict(
  { play, batches }: PlayJob,
  jobs: readonly HostJob[],
  results: readonly HostResult[],
): string {
  const failed = results.filter(counts);
  const bad = failed.length;
  if (bad === 0) return '';
  const fatal = failed.find(({ name }) => jobs.find((job) => job.name === name)?.tasks.some(isFatal));
  if (fatal !== undefined)
    return `the run ended: ${fatal.name} failed, and any_errors_fatal or run_once is set`;
  if (play.maxFailPercentage !== undefined && (bad / results.length) * 100 > play.maxFailPercentage) {
    return `the run ended: ${bad} of ${results.length} hosts of a batch failed, more than max_fail_percentage ${play.maxFailPercentage}`;
  }
  if (batches.length > 1 && bad === results.length) return 'the run ended: every host of a batch failed';
  return '';
}

/** As in Ansible, a task that one host does for all fails for all. */
function isFatal({ options }: HostJob['tasks'][number]): boolean {
  return options?.anyErrorsFatal === true || options?.runOnce === true;
}
