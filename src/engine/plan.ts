import { timeline } from '../base/time/times.ts';
import type { Change, Desired } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostResult, Total } from '../model/result.ts';
import type { Claim, DecideOptions, Found, RuleInfo } from '../modules/module.ts';
import { combine } from './conflict.ts';
import { type Claims, decide, unmanaged } from './decide.ts';
import { type Claimed, type InTime, inTime } from './in_time.ts';
import { kernelHostNotes } from './kernel.ts';
import type { PlannedTask } from './planned_task.ts';
import { totalOf } from './totals.ts';
import { type Trial, trialOf } from './trial.ts';

/** A change and the inventory hosts whose tasks name it: several names may stand for one hypervisor. */
export interface Owned {
  readonly change: Change;
  readonly hosts: readonly string[];
  /** Of the first task that wants it, among the tasks of its host. */
  readonly rank: number;
  readonly ignoreErrors: boolean;
  /** What of it is written until somebody confirms it, where it is to be given back otherwise. */
  readonly trial?: Trial;
}

/** What is to be done on one hypervisor, from one read of it. */
export interface VisitPlan {
  readonly changes: readonly Owned[];
  /** By task, in the order of the tasks: positions of the rules that named something. */
  readonly matched: readonly (readonly number[])[];
  /** How many subjects of each kind the hypervisor has, named or not. */
  readonly totals: HostResult['totals'];
  readonly notes: readonly string[];
}

/**
 * Decides for everything that the tasks of a visit name. A subject has one change, whatever names it how often.
 * @param rivals other tasks of the run that reach the same hypervisor: nothing is done for them here, and nothing that
 * they declare otherwise
 */
export function planVisit(
  tasks: readonly PlannedTask[],
  facts: HostFacts,
  rivals: readonly PlannedTask[] = [],
): VisitPlan {
  const matched = new Map<PlannedTask, readonly number[]>();
  const totals: Record<string, Total> = {};
  const changes: Owned[] = [];
  const notes = new Set<string>();
  for (const module of new Set(tasks.map((task) => task.module))) {
    const own = tasks.filter((task) => task.module === module);
    const found = module.find(facts);
    totals[module.kind] = totalOf(facts, found);
    const claimed = claimsOf(own, found, matched);
    const others = claimsOf(
      rivals.filter((task) => task.module === module),
      found,
      new Map(),
    );
    const takeApart = inTimeOf([...own, ...rivals.filter((task) => task.module === module)]);
    const timed = new Map(
      [...claimed].map(([subject, list]) => [
        subject,
        takeApart(subject, { own: list, others: others.get(subject) ?? [] }),
      ]),
    );
    const together = module.together?.(found, desiredNow(timed));
    const listAll = own.filter((task) => task.listAll);
    const decided = new Map<Found, Change>();
    for (const subject of new Set([...found, ...claimed.keys()])) {
      const byTask = claimed.get(subject);
      const inTime = timed.get(subject);
      if (byTask === undefined && listAll.length === 0) continue;
      const change =
        byTask === undefined || inTime === undefined
          ? unmanaged(module, subject, listAll, facts.trials ?? [])
          : decide(module, subject, byTask, inTime, together?.get(subject), facts.trials ?? []);
      decided.set(subject, change);
      const trial = byTask?.some(({ task }) => task.trial === true)
        ? trialOf(module, subject, change, optionsOf(byTask))
        : null;
      const asking = byTask?.map((one) => one.task) ?? listAll;
      changes.push({
        change,
        hosts: hostsOf([...asking, ...listAll]),
        rank: asking[0]?.rank ?? 0,
        // What would not stay must not pass for done.
        ignoreErrors:
          (change.status !== 'refused' || change.onTrial === undefined) &&
          asking.every((task) => task.ignoreErrors),
        ...(trial === null ? {} : { trial }),
      });
    }
    for (const note of kernelHostNotes(module, own, [...decided.values()])) notes.add(note);
    for (const task of own)
      for (const note of module.hostNotes?.(task.args, found, decided) ?? []) notes.add(note);
  }
  return { changes, matched: tasks.map((task) => matched.get(task) ?? []), totals, notes: [...notes] };
}

/** What the tasks of one module claim of each subject. */
function claimsOf(
  tasks: readonly PlannedTask[],
  found: readonly Found[],
  matched: Map<PlannedTask, readonly number[]>,
): ReadonlyMap<Found, readonly Claims[]> {
  const claimed = new Map<Found, Claims[]>();
  for (const task of tasks) {
    const { claims, problems, notes } = task.module.select(task.args, found);
    matched.set(task, matchedRules(claims.values()));
    for (const [subject, list] of claims) {
      const others = claimed.get(subject);
      const one = { task, claims: list, problem: problems?.get(subject), notes: notes?.get(subject) ?? [] };
      if (others === undefined) claimed.set(subject, [one]);
      else others.push(one);
    }
  }
  return claimed;
}

/** How what these tasks claim is taken apart by time; most rules hold always. */
function inTimeOf(tasks: readonly PlannedTask[]): (found: Found, all: Claimed<Claims>) => InTime<Claims> {
  const isTimed = ({ module, args }: PlannedTask): boolean =>
    module.rules(args).some(({ times }: RuleInfo) => times !== undefined);
  if (!tasks.some(isTimed)) return (_, all) => ({ now: all, later: null, open: null });
  const follow = timeline(tasks[0]?.now ?? 0);
  return (found, all) => inTime(found, all, follow);
}

/** What all claims of each subject come to now. */
function desiredNow(all: ReadonlyMap<Found, InTime<Claims>>): ReadonlyMap<Found, Desired> {
  return new Map(
    [...all].map(([subject, { now }]) => [
      subject,
      combine([...now.others, ...now.own].flatMap(({ claims }) => claims)),
    ]),
  );
}

function matchedRules(claims: Iterable<readonly Claim[]>): readonly number[] {
  const rules = new Set<number>();
  for (const list of claims) for (const { rule } of list) if (rule !== null) rules.add(rule);
  return [...rules].sort((a, b) => a - b);
}

function hostsOf(tasks: readonly PlannedTask[]): readonly string[] {
  return [...new Set(tasks.map((task) => task.host))];
}

function optionsOf(byTask: readonly Claims[]): DecideOptions {
  const some = (is: (task: PlannedTask) => boolean) => byTask.some(({ task }) => is(task));
  return { rewrite: some(({ rewrite }) => rewrite), kernel: some(({ kernel }) => kernel) };
}
