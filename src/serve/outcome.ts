import { type Change, commandLines } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import { againDelay } from '../watch/schedule.ts';
import { overrideIn } from './overlay.ts';
import type { Job, JobState } from './store/records.ts';

/** What a look came to for a job. */
export type Outcome =
  | {
      readonly what: 'ended';
      readonly state: Extract<JobState, 'done' | 'refused' | 'failed'>;
      readonly text: string;
      readonly result: object;
      /** Nothing is left to be kept or undone. */
      readonly closes: boolean;
    }
  | { readonly what: 'again'; readonly afterMs: number; readonly text: string };

/** What libvirt itself refuses so often it will refuse again. */
const MOST_FAILURES = 6;

/** A job by the results of a look that began after it was known, under all names of the hypervisor. */
export function outcomeOf(job: Job, hosts: readonly HostResult[]): Outcome {
  const own = hosts
    .flatMap(({ resources }) => resources)
    .filter(({ domain, subject }) => domain.uuid === job.server && subject.mac === job.mac);
  const named = own.find(({ rules }) => overrideIn(rules) === job.override);
  const change = named ?? own.find(({ status }) => status !== 'unmanaged') ?? own[0];
  if (change === undefined) return withoutChange(job, hosts);
  const text = changeText(change);
  const ended = (state: 'done' | 'refused' | 'failed', closes: boolean): Outcome => ({
    ...{ what: 'ended', state, text, closes },
    result: resultOf(change),
  });
  // What was set since then is what did not come about: once that is given up, there is something to be undone.
  const isOfOther = job.kind === 'withdraw' && overrideIn(change.rules) !== null;
  if (isOfOther && !['changed', 'inSync'].includes(change.status))
    return { what: 'again', afterMs: againDelay(job.attempts), text };
  switch (change.status) {
    case 'changed':
    case 'inSync':
    case 'unmanaged':
      return ended('done', job.kind === 'withdraw');
    case 'refused':
      // Until the trial of somebody else is over.
      if (change.onTrial !== undefined) break;
      return ended('refused', true);
    case 'waived':
    // Neutron limits it: nobody who calls can wait for that to end.
    case 'conflict':
      return ended('refused', true);
    case 'unsupported':
    case 'ambiguous':
    case 'notFound':
    case 'notRunning':
      return ended('failed', true);
    case 'failed':
      if (job.attempts >= MOST_FAILURES) return ended('failed', true);
      break;
  }
  return { what: 'again', afterMs: againDelay(job.attempts), text };
}

function withoutChange(job: Job, hosts: readonly HostResult[]): Outcome {
  const error = hosts.find((one) => one.error !== undefined)?.error;
  if (error !== undefined) return { what: 'again', afterMs: againDelay(job.attempts), text: error };
  const isHere = hosts.some(({ vms }) => vms?.known.some(({ uuid }) => uuid === job.server) === true);
  if (!isHere)
    return { what: 'again', afterMs: againDelay(job.attempts), text: 'the server has left its host' };
  const text = 'the server has no such NIC any more';
  return { what: 'ended', state: job.kind === 'set' ? 'failed' : 'done', text, result: {}, closes: true };
}

function changeText(change: Change): string {
  const { status, reason, module } = change;
  if (reason !== undefined) return reason;
  if (status === 'changed') return moduleNamed(module).text.sentence(change);
  return status === 'inSync' ? `nothing to do: ${moduleNamed(module).text.target(change)}` : '';
}

function resultOf(change: Change): object {
  const { status, host, reason, notes = [] } = change;
  return { status, host, commands: commandLines(change), notes, ...(reason === undefined ? {} : { reason }) };
}
