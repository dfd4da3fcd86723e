import type { Connector } from '../connection/connector.ts';
import type { Gate, Question } from '../gates/gate.ts';
import { gatesOf } from '../gates/index.ts';
import type { HostResult, PlayEvidence, RunEvidence } from '../model/result.ts';
import { type BatchContext, runBatch } from './batch.ts';
import { batchVerdict, hostsAtOnce, withoutRunOnce } from './batch_rules.ts';
import type { HostContext } from './context.ts';
import { exactNames } from './exact_names.ts';
import { waitsForBatch } from './gated.ts';
import { rivalsIn } from './hypervisor.ts';
import { type PlayJob, ruleKey } from './job.ts';
import { type Judgement, judge } from './judge.ts';
import { keeper } from './keep.ts';
import { mergeHostResults } from './merge.ts';
import { type Observer, together } from './observer.ts';
import { finishOutside } from './outside.ts';
import { stepsOf } from './ramp.ts';
import type { Recorder } from './recorder.ts';
import { beforeBatch, type Confirm, failureBudget, type MaxFailures } from './rollout.ts';
import { hostTurns } from './turns.ts';
import type { PlanOptions } from './visits.ts';
import { firstEnd, type Trials } from './watchdog.ts';

export interface RunOptions extends Partial<Omit<PlanOptions, 'now'>> {
  readonly check: boolean;
  /** As in HostContext. */
  readonly record?: Recorder | undefined;
  /** As in HostContext. */
  readonly overtaken?: HostContext['overtaken'];
  /** As in HostContext. */
  readonly trials?: Trials | undefined;
  /** As in HostContext. */
  readonly confirms?: HostContext['confirms'];
  /** How many hosts at once. */
  readonly forks: number;
  /** What time it is, asked once for each batch; the clock's where it is absent. */
  readonly clock?: (() => number) | undefined;
  readonly busyRetries?: number;
  readonly absentRetries?: number;
  /** As in HostContext. */
  readonly mustRun?: boolean;
  readonly retryDelayMs?: number;
  /** No further host begins once more than so many of the whole run have failed, unreachable ones counted. */
  readonly maxFailures?: MaxFailures | undefined;
  /** Asked before each batch. */
  readonly confirm?: Confirm | undefined;
  /** As in HostContext; by default it waits for {@link LOCK_WAIT_SECONDS}. */
  readonly lock?: HostContext['lock'];
  /** Only count what is in sync or not named, once the observer has heard of it; else all is in the outcome. */
  readonly countUnchanged?: boolean;
  /** Keep what tells causes of hosts that are done; where absent, unless unchanged subjects are only counted. */
  readonly keepEvidence?: boolean | undefined;
  /** What says which changes are not made; without it, the gates that need nothing to be given. */
  readonly gates?: readonly Gate[] | undefined;
  /** Answers what gates ask about a batch; without it the answer is no. */
  readonly answer?: ((question: Question) => Promise<boolean>) | undefined;
}

/** libvirt waits so long by itself for a VM that another job holds, and the write that waits has its host's lock. */
export const BUSY_WAIT_SECONDS = 30;

/**
 * How long a write waits for another writer of its host, where nothing else is said: longer than one that meets two busy
 * VMs, so that a run beside it does not end for that.
 */
export const LOCK_WAIT_SECONDS = 2 * BUSY_WAIT_SECONDS + 15;

/** The two steps of an interruption: no new hosts, and an end at once. */
export interface Interruption {
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
}

export interface RunOutcome extends Judgement {
  readonly hosts: readonly HostResult[];
  /** What the judgement is made of; of plays in shards nothing is judged. */
  readonly evidence: RunEvidence;
  /** What went wrong where that is no host's. */
  readonly notes: readonly string[];
}

/** Runs plays in order. Every host of every play has a result, whatever happens. */
export async function runPlays(
  connector: Connector,
  plays: readonly PlayJob[],
  options: RunOptions,
  interruption: Interruption,
  observer: Observer,
): Promise<RunOutcome> {
  const { listAll = false, rewrite = false, kernel = false } = options;
  const { evidence: causes = false, gates = gatesOf({}), clock = Date.now } = options;
  const context: HostContext = {
    connector,
    check: options.check,
    record: options.record,
    overtaken: options.overtaken,
    trials: options.trials,
    confirms: options.confirms,
    signal: interruption.abort,
    busyRetries: options.busyRetries ?? 2,
    mustRun: options.mustRun ?? false,
    absentRetries: options.absentRetries ?? 15,
    lock: options.lock ?? NOBODY,
    retryDelayMs: options.retryDelayMs ?? 2_000,
  };
  const { stopping } = interruption;
  const rivalsOf = rivalsIn(plays);
  const results = new Map<string, HostResult>();
  const keep = keeper(options.countUnchanged !== true, options.keepEvidence);
  const told: PlayEvidence[] = [];
  const names = exactNames();
  const budget = failureBudget(options.maxFailures, hostsOf(plays));
  const heard = together([budget.observer, observer]);
  let stopped = '';
  let before: readonly HostResult[] = [];
  let held = options.held;
  for (const play of plays) {
    const batchContext: BatchContext = {
      play,
      options: {
        ...{ listAll, rewrite, kernel, evidence: causes, now: 0 },
        trial: options.trials !== undefined,
        run: options.trials?.run,
        alsoRead: gates.flatMap(({ facts = [] }) => facts),
        ...(options.only === undefined || waitsForBatch({ play, gates }) ? {} : { only: options.only }),
      },
      gates,
      answer: options.answer ?? (async () => false),
      rivalsOf: (jobs) => rivalsOf(play, jobs),
      context,
      observer: heard,
      keep,
      skip: () =>
        stopped ||
        budget.spent() ||
        (stopping.aborted ? 'the run was interrupted before its turn' : '') ||
        (firstEnd(options.trials) <= Date.now() ? TOO_LONG : ''),
      matched: new Set(),
      names,
      counts: { read: 0, unread: 0 },
    };
    heard.playStarted?.(play.play.name, play.batches.flat().length);
    for (const [index, batch] of play.batches.entries()) {
      const left = batch.filter((job) => !isLost(results.get(job.name)));
      batchContext.counts.unread += batch.length - left.length;
      for (const job of batch) if (play.limited || !left.includes(job)) names.unread(job);
      const jobs = left.map((job, index) => (index === 0 ? job : withoutRunOnce(job)));
      if (batchContext.skip() === '' && jobs.some(({ tasks }) => tasks.length > 0))
        stopped = await beforeBatch({ play, index, jobs, before }, options.confirm, stopping, heard);
      const turns = hostTurns(connector, hostsAtOnce(jobs, options.forks), stopping);
      const now = clock();
      const outcome = await runBatch(jobs, turns, {
        ...batchContext,
        options: { ...batchContext.options, held, now },
      });
      for (const result of outcome)
        results.set(result.name, mergeHostResults(results.get(result.name), result));
      // A run makes one step, however many plays have the rule.
      held = stepsOf(
        outcome.flatMap(({ resources }) => resources.map((change) => ({ change }))),
        held,
      );
      if (stopped === '') stopped = batchVerdict(play, jobs, outcome);
      before = outcome;
    }
    const { counts, matched } = batchContext;
    const unmatched = play.rules
      .filter((rule) => !matched.has(ruleKey(rule)))
      .map(({ name, file, line, required }) => ({ name, file, line, required }));
    told.push({ ...counts, unmatched });
  }
  const evidence = { plays: told, names: names.evidence() };
  const notes = options.check ? [] : await finishOutside(plays.flatMap(({ batches }) => batches.flat()));
  // What a run has not looked at to its end names nothing that it knows of.
  const isPart = plays.some(({ sharded }) => sharded === true) || stopping.aborted;
  return { hosts: [...results.values()], evidence, notes, ...(isPart ? NOTHING_JUDGED : judge(evidence)) };
}

const TOO_LONG =
  'its turn came after the time to confirm what this run has written first: choose a longer time with --confirm-within';

/** Of a run that does not say who makes it. */
const NOBODY: HostContext['lock'] = {
  owner: { user: 'virtune', machine: '', run: '' },
  waitSeconds: LOCK_WAIT_SECONDS,
};

const NOTHING_JUDGED: Judgement = { unmatchedRules: [], missingDomains: [], requiredUnmet: false };

/** How many hosts a run has, however many plays they are in. */
function hostsOf(plays: readonly PlayJob[]): number {
  return new Set(plays.flatMap(({ batches }) => batches.flat().map(({ name }) => name))).size;
}

/** A host that failed in a play is left out of the next ones, as in Ansible. */
function isLost(result: HostResult | undefined): boolean {
  return (
    result !== undefined &&
    result.ignored !== true &&
    ['failed', 'unreachable', 'skipped'].includes(result.status)
  );
}
