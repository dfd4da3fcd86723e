import { setTimeout as sleep } from 'node:timers/promises';
import { plural } from '../base/text.ts';
import type { HostResult } from '../model/result.ts';
import { counts } from './failures.ts';
import type { HostJob, PlayJob } from './job.ts';
import type { Observer } from './observer.ts';

/** How many hosts of a run may fail before it ends: a number, or a share of all of them in percent. */
export type MaxFailures = number | { readonly percent: number };

/** What was made of the batch before, and what comes next; what a person is asked about. */
export interface NextBatch {
  readonly play: string;
  /** From 1. */
  readonly batch: number;
  readonly batches: number;
  readonly hosts: readonly string[];
  /** Of the batch before in this run; empty before the first. */
  readonly before: readonly HostResult[];
}

/** Whether the run goes on with a batch. */
export type Confirm = (next: NextBatch) => Promise<boolean>;

/** Counts the hosts of a whole run that failed, were refused or unreachable, each once. */
export interface FailureBudget {
  readonly observer: Observer;
  /** Why no further host begins, or ''. */
  readonly spent: () => string;
}

/** @param hosts how many hosts the run has */
export function failureBudget(max: MaxFailures | undefined, hosts: number): FailureBudget {
  if (max === undefined) return { observer: {}, spent: () => '' };
  const failed = new Set<string>();
  const most = typeof max === 'number' ? max : (max.percent / 100) * hosts;
  const words = typeof max === 'number' ? `${max}` : `${max.percent}%`;
  return {
    observer: {
      hostDone: (result) => {
        if (counts(result)) failed.add(result.name);
      },
    },
    spent: () =>
      failed.size > most
        ? `the run ended: ${failed.size} of ${plural(hosts, 'host')} failed, more than --max-failures ${words}`
        : '',
  };
}

/** A batch that comes next. */
interface Coming {
  readonly play: PlayJob;
  /** From 0. */
  readonly index: number;
  readonly jobs: readonly HostJob[];
  readonly before: readonly HostResult[];
}

/**
 * The time between batches: the pause of the play, where the batch before changed something that is to be watched, then
 * a person's word.
 * @returns why the run ends here, or ''
 */
export async function beforeBatch(
  { play: { play, batches }, index, jobs, before }: Coming,
  confirm: Confirm | undefined,
  stopping: AbortSignal,
  observer: Observer,
): Promise<string> {
  const { pause = 0 } = play;
  if (index > 0 && pause > 0 && hasChanged(before)) {
    observer.pausing?.(pause, jobs.length);
    await sleep(pause * 1000, undefined, { signal: stopping }).catch(() => {});
  }
  if (confirm === undefined || stopping.aborted) return '';
  const hosts = jobs.map(({ name }) => name);
  const next = { play: play.name, batch: index + 1, batches: batches.length, hosts, before };
  return (await confirm(next))
    ? ''
    : `the run ended: before batch ${index + 1} of ${batches.length} somebody said no (--step)`;
}

function hasChanged(results: readonly HostResult[]): boolean {
  return results.some(({ resources }) => resources.some(({ status }) => status === 'changed'));
}
