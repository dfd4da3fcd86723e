import type { Connector } from '../connection/connector.ts';
import type { HostResult, MissingDomain, UnmatchedRule } from '../model/result.ts';
import type { Plan, PlanItem } from '../modules/module.ts';
import { batchVerdict, hostsAtOnce, withoutRunOnce } from './batch_rules.ts';
import type { HostContext } from './context.ts';
import { type ExactNames, exactNames } from './exact_names.ts';
import { ignoreHostFailure } from './failures.ts';
import { type Begun, beginHost, finishHost } from './host.ts';
import { hypervisorOf, rivalsIn } from './hypervisor.ts';
import { type HostJob, type PlayJob, ruleKey } from './job.ts';
import { mergeHostResults } from './merge.ts';
import { mergeNics } from './merge_nics.ts';
import { hostTurns } from './turns.ts';

export interface RunOptions {
  readonly check: boolean;
  /** How many hosts at once. */
  readonly forks: number;
  readonly busyRetries?: number;
  readonly absentRetries?: number;
  /** As in HostContext. */
  readonly mustRun?: boolean;
  readonly retryDelayMs?: number;
}

/** The two steps of an interruption: no new hosts, and an end at once. */
export interface Interruption {
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
}

/** What a reporter hears while the run goes on. */
export interface Observer {
  playStarted?(name: string, hosts: number): void;
  hostStarted?(name: string): void;
  hostDone?(result: HostResult): void;
}

export interface RunOutcome {
  readonly hosts: readonly HostResult[];
  /** Rules that named nothing on the hosts that were read. */
  readonly unmatchedRules: readonly UnmatchedRule[];
  /** Exact names that no host has, of rules all of whose hosts were read. */
  readonly missingDomains: readonly MissingDomain[];
  /** A required rule is among them, and every host of its play was read: the input is wrong. */
  readonly requiredUnmet: boolean;
}

/** Runs plays in order. Every host of every play has a result, whatever happens. */
export async function runPlays(
  connector: Connector,
  plays: readonly PlayJob[],
  options: RunOptions,
  interruption: Interruption,
  observer: Observer,
): Promise<RunOutcome> {
  const context: HostContext = {
    connector,
    check: options.check,
    signal: interruption.abort,
    busyRetries: options.busyRetries ?? 2,
    mustRun: options.mustRun ?? false,
    absentRetries: options.absentRetries ?? 15,
    retryDelayMs: options.retryDelayMs ?? 2_000,
  };
  const results = new Map<string, HostResult>();
  const rivalsOf = rivalsIn(plays);
  const unmatchedRules = new Map<string, UnmatchedRule>();
  const names = exactNames();
  let stopped = '';
  let requiredUnmet = false;
  for (const play of plays) {
    const matched = new Set<string>();
    let allRead = true;
    let anyRead = false;
    observer.playStarted?.(play.play.name, play.batches.flat().length);
    for (const batch of play.batches) {
      const left = batch.filter((job) => !isLost(results.get(job.name)));
      for (const job of batch) if (play.limited || !left.includes(job)) names.unread(job);
      const jobs = left.map((job, index) => {
        const rivals = rivalsOf(job);
        return { ...(index === 0 ? job : withoutRunOnce(job)), rivals };
      });
      const skip = () =>
        stopped || (interruption.stopping.aborted ? 'the run was interrupted before its turn' : '');
      const { stopping } = interruption;
      const batchContext: BatchContext = {
        connector,
        options,
        context,
        observer,
        skip,
        stopping,
        matched,
        names,
        unread: 0,
      };
      const outcome = await runBatch(jobs, play, batchContext);
      anyRead ||= jobs.length > batchContext.unread;
      allRead &&= batchContext.unread === 0 && left.length === batch.length;
      for (const [index, result] of outcome.entries()) {
        const hypervisor = hypervisorOf(jobs[index] as HostJob);
        results.set(result.name, mergeHostResults(results.get(result.name), { ...result, hypervisor }));
      }
      if (stopped === '') stopped = batchVerdict(play, jobs, outcome);
    }
    // Hosts that could not be read say nothing of what a rule names.
    const unmatched = anyRead ? play.rules.filter((rule) => !matched.has(ruleKey(rule))) : [];
    for (const rule of unmatched) {
      const { name, file, line, required } = rule;
      unmatchedRules.set(ruleKey(rule), { name, file, line, required });
    }
    requiredUnmet ||= allRead && unmatched.some((rule) => rule.required);
  }
  return {
    hosts: [...results.values()],
    unmatchedRules: [...unmatchedRules.values()],
    missingDomains: names.missing(),
    requiredUnmet,
  };
}

/** A host that failed in a play is left out of the next ones, as in Ansible. */
function isLost(result: HostResult | undefined): boolean {
  return (
    result !== undefined &&
    result.ignored !== true &&
    ['failed', 'unreachable', 'skipped'].includes(result.status)
  );
}

interface BatchContext {
  readonly connector: Connector;
  readonly options: RunOptions;
  readonly context: HostContext;
  readonly observer: Observer;
  /** Why hosts that have not begun are to be left out, or ''. */
  readonly skip: () => string;
  /** Fires when no new host is to begin. */
  readonly stopping: AbortSignal;
  /** Filled with the rules that named something. */
  readonly matched: Set<string>;
  readonly names: ExactNames;
  /** Counts the hosts that were not read. */
  unread: number;
}

async function runBatch(jobs: readonly HostJob[], play: PlayJob, batch: BatchContext): Promise<HostResult[]> {
  const turns = hostTurns(batch.connector, hostsAtOnce(jobs, batch.options.forks), batch.stopping);
  const begin = async (job: HostJob): Promise<Begun> => {
    const reason = batch.skip();
    if (reason !== '') {
      batch.unread++;
      batch.names.unread(job);
      return { done: skipped(job, reason) };
    }
    if (job.tasks.length === 0) return { done: nothingToDo(job) };
    batch.observer.hostStarted?.(job.name);
    const begun = await beginHost(job, batch.context);
    if ('plans' in begun) noteMatches(job, begun.plans, batch.matched);
    else batch.unread++;
    if ('plans' in begun) batch.names.read(job, begun.plans);
    if (!('plans' in begun) || begun.planned.facts.unreadable.length > 0) batch.names.unread(job);
    if ('done' in begun) return { done: ignoreHostFailure(job, begun.done) };
    return begun;
  };
  const finish = async (begun: Begun, gate: string): Promise<HostResult> => {
    const concluded = await conclude(begun, gate, batch.context);
    const result = { ...concluded, nics: mergeNics(concluded.nics) };
    batch.observer.hostDone?.(result);
    return result;
  };
  /** What is not to be contacted, waits for no jump host and asks none. */
  const visit = <T>(job: HostJob, work: () => Promise<T>): Promise<T> => {
    const idle = job.tasks.length === 0 || batch.skip() !== '';
    return (idle ? turns.again : turns.visit)(job.target, work);
  };
  if (!play.rules.some((rule) => rule.required)) {
    return Promise.all(jobs.map((job) => visit(job, async () => finish(await begin(job), ''))));
  }
  // A required rule must have named something before anything is written: read all, then decide, then write.
  const begun = await Promise.all(
    jobs.map((job) => visit(job, async () => ({ job, read: await begin(job) }))),
  );
  const gate = batch.unread > 0 ? '' : requiredGate(play, batch.matched);
  return Promise.all(begun.map(({ job, read }) => turns.again(job.target, () => finish(read, gate))));
}

function noteMatches(job: HostJob, plans: readonly Plan<PlanItem>[], matched: Set<string>): void {
  for (const [index, plan] of plans.entries()) {
    const task = job.tasks[index];
    if (task === undefined) continue;
    const rules = task.module.rules(task.args);
    for (const position of plan.matched) {
      const rule = rules[position];
      if (rule !== undefined) matched.add(ruleKey(rule));
    }
  }
}

/**
 * Why nothing may be written, or ''. Not asked where a host did not answer, since the rule may be meant for it; nor of
 * a play in several batches, whose later hosts are not read yet.
 */
function requiredGate(play: PlayJob, matched: ReadonlySet<string>): string {
  if (play.batches.length > 1) return '';
  const missing = play.rules.find((rule) => rule.required && !matched.has(ruleKey(rule)));
  return missing === undefined ? '' : `nothing was written: the required rule "${missing.name}" names no NIC`;
}

async function conclude(begun: Begun, gate: string, context: HostContext): Promise<HostResult> {
  if ('done' in begun) return begun.done;
  const { planned, plans } = begun;
  if (gate === '') return ignoreHostFailure(planned.job, await finishHost(planned, plans, context));
  // As in check mode the plan is the result; only what would have been written is skipped.
  const result = await finishHost(planned, plans, { ...context, check: true });
  if (context.check) return result;
  const nics = result.nics.map((nic) =>
    nic.status === 'pending' ? { ...nic, status: 'skipped' as const, message: gate } : nic,
  );
  return { ...result, nics, status: result.status === 'changed' ? 'skipped' : result.status };
}

function skipped(job: HostJob, reason: string): HostResult {
  return { ...nothingToDo(job), status: 'skipped', error: reason };
}

/** A host that no task is for: it is not contacted. */
function nothingToDo({ name, target }: HostJob): HostResult {
  return { name, address: target.address, status: 'ok', durationMs: 0, nics: [], nicsTotal: 0 };
}
