import { performance } from 'node:perf_hooks';
import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import { type Fact, uniqueFacts } from '../facts/fact.ts';
import { creationFact } from '../facts/nova.ts';
import { rightsText } from '../libvirt/errors.ts';
import type { HostFacts } from '../model/facts.ts';
import type { Remedy } from '../model/result.ts';
import { type Confirmed, confirmHosts, confirmNotes, stillOnTrial } from './confirm.ts';
import type { HostContext } from './context.ts';
import { INTERNAL } from './exit_code.ts';
import { planVisit, type VisitPlan } from './plan.ts';
import { readHost } from './read.ts';
import type { WatchRecorder } from './recorder.ts';
import { adviceFor, internalError, sharedAdvice, textOf } from './trouble.ts';
import {
  fewOf,
  leadOf,
  looksAtKernel,
  type PlanOptions,
  rivalTasksOf,
  tasksOf,
  type Visit,
} from './visits.ts';

/** Why a hypervisor has no results of its own: all its hosts are in this state. */
export interface Trouble {
  readonly status: 'failed' | 'unreachable';
  readonly error: string;
  readonly errorCode: string;
  readonly remedy?: Remedy;
}

/** A hypervisor that was read: data, and no connection. */
export interface ReadVisit {
  readonly visit: Visit;
  readonly facts: HostFacts;
  readonly plan: VisitPlan;
  readonly notes: readonly string[];
  /** What became of watchdogs, where the run confirms another one. */
  readonly confirmed: Confirmed;
  readonly durationMs: number;
}

export type ReadOutcome =
  | ReadVisit
  | { readonly visit: Visit; readonly trouble: Trouble; readonly durationMs: number };

/** What needs to be read of a host: for tasks, for gates, and to tell causes where that is asked for. */
export function factsOf({ jobs, rivals }: Visit, options: PlanOptions): readonly Fact[] {
  const { evidence = false, alsoRead = [] } = options;
  const all = [...jobs, ...rivals.map(({ job }) => job)];
  const asked = all.flatMap(({ tasks }) => tasks.flatMap((task) => task.module.facts(task.args)));
  const looking = jobs.flatMap(({ tasks }) => tasks.filter((task) => looksAtKernel(task, options)));
  const kernel = looking.flatMap(({ module }) => module.kernelFacts ?? []);
  return uniqueFacts([...asked, ...alsoRead, ...(evidence ? [creationFact] : []), ...kernel]);
}

/** Opens the one session of a visit. Both programs bear being run twice: one reads, the other sets absolute values. */
export async function openSession(
  visit: Visit,
  context: Pick<HostContext, 'connector' | 'signal'>,
  losses: ConnectionError[],
): Promise<Session> {
  const { target, become } = leadOf(visit);
  const onRepeat = (lost: ConnectionError): void => void losses.push(lost);
  return context.connector.connect(target, { signal: context.signal, become, onRepeat });
}

/**
 * Reads a hypervisor once and plans everything that its hosts want. Writes nothing. Never throws: a defect of
 * virtune's own, too, is the outcome of this hypervisor alone, while others may be in the middle of a change.
 * @param connect gives the session, which stays the caller's to close
 * @param confirms hears what became of watchdogs, where the run confirms another one
 */
export async function readVisit(
  visit: Visit,
  play: string,
  options: PlanOptions,
  connect: () => Promise<Session>,
  confirms?: Pick<WatchRecorder, 'disarm'>,
): Promise<ReadOutcome> {
  const startedAt = performance.now();
  const durationMs = (): number => Math.round(performance.now() - startedAt);
  const troubled = (trouble: Trouble) => ({ visit, trouble, durationMs: durationMs() });
  try {
    const session = await connect();
    const confirmed = await confirmHosts(visit.jobs, session, leadOf(visit), confirms);
    if ('problem' in confirmed)
      return troubled({ status: 'failed', error: confirmed.problem, errorCode: 'confirm' });
    const read = await readHost(session, leadOf(visit), factsOf(visit, options), fewOf(visit, options));
    if ('error' in read) {
      const { kind, message } = read.error;
      const error = {
        message: kind === 'no_rights' ? rightsText('read', message) : message,
        hint: adviceFor(read.error, leadOf(visit)),
      };
      return troubled({ status: 'failed', error: textOf(error), errorCode: kind, ...sharedAdvice(error) });
    }
    const plan = planRead(visit, play, options, read.facts);
    return {
      visit,
      facts: read.facts,
      plan: { ...plan, changes: stillOnTrial(plan.changes, confirmed) },
      notes: [...confirmNotes(confirmed), ...plan.notes],
      confirmed,
      durationMs: durationMs(),
    };
  } catch (error) {
    return troubled(troubleOf(error));
  }
}

/** What all jobs of a visit want, by one read of it. */
export function planRead(visit: Visit, play: string, options: PlanOptions, facts: HostFacts): VisitPlan {
  return planVisit(tasksOf(visit, play, options), facts, rivalTasksOf(visit, options));
}

function remedyOf({ message, remedy }: ConnectionError): { readonly remedy?: Remedy } {
  return remedy === undefined ? {} : { remedy: { ...remedy, error: message } };
}

export function troubleOf(error: unknown): Trouble {
  if (error instanceof ConnectionError)
    return { status: 'unreachable', error: textOf(error), errorCode: error.code, ...remedyOf(error) };
  if (error instanceof BecomeError) return { status: 'failed', error: textOf(error), errorCode: error.code };
  return { status: 'failed', error: internalError(error), errorCode: INTERNAL };
}
