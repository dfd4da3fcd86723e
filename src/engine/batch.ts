import { performance } from 'node:perf_hooks';
import type { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { Gate, Question } from '../gates/gate.ts';
import type { HostResult } from '../model/result.ts';
import { type Applied, type ApplyInput, applyChanges, nothingApplied } from './apply.ts';
import { applyOnTrial } from './apply_trial.ts';
import { stillOnTrial } from './confirm.ts';
import type { HostContext } from './context.ts';
import type { ExactNames } from './exact_names.ts';
import { gatedChanges, judgeBatch, judgePlanned, type Verdicts, waitsForBatch } from './gated.ts';
import { emptyResult, skippedResult, troubledResult, troubleFor, visitResults } from './host_result.ts';
import { hypervisorId, type Rival } from './hypervisor.ts';
import { type HostJob, type PlayJob, ruleKey } from './job.ts';
import type { Keep } from './keep.ts';
import type { Observer } from './observer.ts';
import type { Owned } from './plan.ts';
import { stepsOf } from './ramp.ts';
import type { Turns } from './turns.ts';
import { factsOf, openSession, planRead, type ReadOutcome, type ReadVisit, readVisit } from './visit.ts';
import { fewOf, leadOf, type PlanOptions, type Visit, visitsOf } from './visits.ts';
import { vmsOf } from './vm_evidence.ts';

export interface BatchContext {
  readonly play: PlayJob;
  readonly options: PlanOptions;
  readonly context: HostContext;
  readonly observer: Observer;
  readonly gates: readonly Gate[];
  /** Answers what gates ask about a batch. */
  readonly answer: (question: Question) => Promise<boolean>;
  /** What else of the run reaches the hypervisor of some jobs of this play. */
  readonly rivalsOf: (jobs: readonly HostJob[]) => readonly Rival[];
  /** Why hosts that have not begun are to be left out, or ''. */
  readonly skip: () => string;
  /** Of results that the observer has heard. */
  readonly keep: Keep;
  /** Filled with the rules that named something. */
  readonly matched: Set<string>;
  readonly names: ExactNames;
  /** Counts the hosts of the play that were read, and those that were not. */
  readonly counts: { read: number; unread: number };
}

/** A visit that was read, and what became of its connection until then. */
interface Begun {
  readonly read: ReadVisit;
  readonly losses: ConnectionError[];
}

/**
 * Runs the stages over a batch: read, plan, gates, apply, verify. Where no gate judges by all of them, a host goes on with
 * its one connection as soon as it is read; else all are read first, and no host holds a connection while others are.
 */
export async function runBatch(
  jobs: readonly HostJob[],
  turns: Turns,
  batch: BatchContext,
): Promise<readonly HostResult[]> {
  const results = new Map<string, HostResult>();
  const done = (found: readonly HostResult[]): void => {
    for (const result of found) {
      batch.observer.hostDone?.(result);
      results.set(result.name, batch.keep(result));
    }
  };
  done(jobs.filter(({ tasks }) => tasks.length === 0).map(emptyResult));
  const visits = visitsOf(
    jobs.filter(({ tasks }) => tasks.length > 0),
    batch.rivalsOf,
  );
  const read = (then: (begun: Begun, visited: Visited) => Promise<void> | void) =>
    Promise.all(
      visits.map((visit) =>
        inTurn(visit, turns, batch, done, () =>
          visiting(newVisit(visit, batch), async (visited) => {
            const begun = await begin(visited, batch, done);
            if (begun !== null) await then(begun, visited);
          }),
        ),
      ),
    );
  if (!waitsForBatch(batch)) {
    await read(async (one, visited) => {
      const verdicts = judgePlanned(one.read.plan.changes, batch);
      done(await finish(one, visited, verdicts, batch));
    });
  } else {
    const begun: Begun[] = [];
    await read((one) => void begun.push(one));
    const verdicts = await judgeBatch(
      begun.flatMap((one) => one.read.plan.changes),
      batch,
      batch.answer,
    );
    await Promise.all(
      begun.map((one) => {
        const { visit, plan } = one.read;
        const work = () =>
          visiting(newVisit(visit, batch, one.losses), async (visited) =>
            done(await finish(one, visited, withSkip(verdicts, batch.skip()), batch)),
          );
        const writes = plan.changes.some(({ change }) => change.steps.length > 0);
        return writes && !batch.context.check ? turns.visit(leadOf(visit).target, work) : work();
      }),
    );
  }
  return jobs.map((job) => results.get(job.name) as HostResult);
}

/** What was read and waits for its turn to write is not written any more, either. */
function withSkip({ all, judge }: Verdicts, reason: string): Verdicts {
  const skipped = reason === '' ? [] : [{ status: 'skipped' as const, reason }];
  return { all: [...all, ...skipped], judge: (planned) => [...judge(planned), ...skipped] };
}

/** Waits for a visit's turn; one that is not to begin any more waits for no jump host and asks none. */
async function inTurn(
  visit: Visit,
  turns: Turns,
  batch: BatchContext,
  done: (results: readonly HostResult[]) => void,
  work: () => Promise<void>,
): Promise<void> {
  const { target } = leadOf(visit);
  const turn = batch.skip() === '' ? turns.visit : turns.again;
  await turn(target, async () => {
    const reason = batch.skip();
    if (reason === '') return work();
    noteUnread(visit, batch);
    done(visit.jobs.map((job) => skippedResult(job, reason)));
  });
}

/** The one session of a visit, opened when it is first needed. */
interface Visited {
  readonly visit: Visit;
  readonly losses: ConnectionError[];
  readonly session: () => Promise<Session>;
  readonly close: () => void;
}

function newVisit(visit: Visit, { context }: BatchContext, losses: ConnectionError[] = []): Visited {
  let session: Session | null = null;
  return {
    visit,
    losses,
    session: async () => {
      session ??= await openSession(visit, context, losses);
      return session;
    },
    close: () => session?.close(),
  };
}

async function visiting(visited: Visited, work: (visited: Visited) => Promise<void>): Promise<void> {
  try {
    await work(visited);
  } finally {
    visited.close();
  }
}

async function begin(
  { visit, session, losses }: Visited,
  batch: BatchContext,
  done: (results: readonly HostResult[]) => void,
): Promise<Begun | null> {
  for (const job of visit.jobs) batch.observer.hostStarted?.(job.name);
  const { play, options, context } = batch;
  const read: ReadOutcome = await readVisit(visit, play.play.name, options, session, context.confirms);
  if ('trouble' in read) {
    noteUnread(visit, batch);
    const lead = leadOf(visit);
    done(visit.jobs.map((job) => troubledResult(job, troubleFor(job, lead, read.trouble), read.durationMs)));
    return null;
  }
  batch.counts.read += visit.jobs.length;
  noteMatches(read, batch.matched);
  for (const job of visit.jobs) {
    batch.names.read(job, read.facts.domains);
    // What a rule names may be among the VMs that could not be read.
    if (read.facts.unreadable.length > 0) batch.names.unread(job);
  }
  return { read, losses };
}

function noteUnread({ jobs }: Visit, { counts, names }: BatchContext): void {
  counts.unread += jobs.length;
  for (const job of jobs) names.unread(job);
}

/** Writes what is to be written and gives the results of the visit's hosts. */
async function finish(
  { read, losses }: Begun,
  { session }: Visited,
  verdicts: Verdicts,
  batch: BatchContext,
): Promise<readonly HostResult[]> {
  const { context } = batch;
  const startedAt = performance.now();
  const lead = leadOf(read.visit);
  const write = (changes: readonly Owned[], input: ApplyInput): Promise<Applied> =>
    context.trials === undefined
      ? applyChanges(changes, input)
      : applyOnTrial(changes, input, context.trials, hypervisorId(lead));
  const planned = gatedChanges(read.plan.changes, verdicts.all, context.check);
  const applied: Applied = context.check
    ? nothingApplied(planned)
    : await write(planned, {
        libvirt: leadOf(read.visit),
        facts: read.facts,
        needs: factsOf(read.visit, batch.options),
        few: fewOf(read.visit, batch.options),
        context,
        deadlineMs: leadOf(read.visit).target.execTimeoutMs,
        repeats: () => losses.length,
        waiting: (holder) => {
          for (const { name } of read.visit.jobs) batch.observer.hostWaiting?.(name, holder);
        },
        connect: session,
        plan: (facts) => {
          const options = { ...batch.options, held: stepsOf(planned, batch.options.held) };
          const plan = planRead(read.visit, batch.play.play.name, options, facts);
          const changes = stillOnTrial(plan.changes, read.confirmed);
          return gatedChanges(changes, verdicts.judge(changes), context.check);
        },
      });
  const durationMs = read.durationMs + Math.round(performance.now() - startedAt);
  const vms = batch.options.evidence === true ? vmsOf(read.facts) : undefined;
  return visitResults({ ...read, vms }, applied, losses, durationMs, context.mustRun === true);
}

function noteMatches({ visit, plan }: ReadVisit, matched: Set<string>): void {
  const tasks = visit.jobs.flatMap((job) => job.tasks);
  for (const [index, task] of tasks.entries()) {
    const rules = task.module.rules(task.args);
    for (const position of plan.matched[index] ?? []) {
      const rule = rules[position];
      if (rule !== undefined) matched.add(ruleKey(rule));
    }
  }
}
