import { isDeepStrictEqual } from 'node:util';
import { type Phase, type Times, timesText } from '../base/time/times.ts';
import { type Desired, SIDES, type Side, type Values } from '../model/change.ts';
import type { Claim, Found, Objection, RuleInfo } from '../modules/module.ts';
import { BENEATH_HINT } from '../modules/selectors/times.ts';
import { combine, type TaskClaims } from './conflict.ts';

/** What tasks claim of one subject, whenever it holds or at one moment. */
export interface Claimed<T extends TaskClaims> {
  /** Of the tasks of the visit. */
  readonly own: readonly T[];
  /** Of others that reach the same hypervisor. */
  readonly others: readonly T[];
}

/** What is claimed of a subject now and later. */
export interface InTime<T extends TaskClaims> {
  readonly now: Claimed<T>;
  /** From when on its tasks claim something else, and what; null where that is never. */
  readonly later: { readonly phase: Phase; readonly claims: readonly T[] } | null;
  /** A rule that holds for a while only sets something of which nothing says what it is to be then. */
  readonly open: Objection | null;
}

/**
 * Takes what rules claim of a subject apart by when they hold.
 * @param follow the phases of some times from now on
 */
export function inTime<T extends TaskClaims>(
  found: Found,
  all: Claimed<T>,
  follow: (times: readonly Times[]) => readonly Phase[],
): InTime<T> {
  const rules = [...all.own, ...all.others].flatMap((one) => rulesOf(one));
  const times = [...new Set(rules.flatMap(({ times }) => times ?? []))];
  if (times.length === 0) return { now: all, later: null, open: null };
  const [first, ...rest] = follow(times) as readonly [Phase, ...Phase[]];
  const at = byPhase(all, times);
  const sides = SIDES.filter((side) => found[side] !== null);
  const wanted = (phase: Phase): Desired => {
    const desired = combine(at(phase).own.flatMap(({ claims }) => claims));
    return { live: there(desired, 'live', sides), config: there(desired, 'config', sides) };
  };
  const current = wanted(first);
  const phase = rest.find((one) => !isDeepStrictEqual(wanted(one), current));
  return {
    now: at(first),
    later: phase === undefined ? null : { phase, claims: at(phase).own },
    open: openEnd(all.own, [first, ...rest], wanted, sides),
  };
}

const there = (desired: Desired, side: Side, sides: readonly Side[]): Values =>
  sides.includes(side) ? desired[side] : {};

/** What is claimed in a phase. Most phases are like one before. */
function byPhase<T extends TaskClaims>(
  all: Claimed<T>,
  times: readonly Times[],
): (phase: Phase) => Claimed<T> {
  const known = new Map<string, Claimed<T>>();
  return ({ holds }) => {
    const key = holds.join();
    const made = known.get(key) ?? atOnce(all, (one) => holds[times.indexOf(one)] === true);
    known.set(key, made);
    return made;
  };
}

function atOnce<T extends TaskClaims>(
  { own, others }: Claimed<T>,
  holds: (times: Times) => boolean,
): Claimed<T> {
  const all = [...own, ...others].map((one) => ({ one, kept: holding(one, holds) }));
  const taken = combine(all.flatMap(({ kept }) => kept));
  const made = all.map(({ one, kept }) => ({ ...one, claims: [...cleared(one, kept, taken), ...kept] }));
  const some = ({ claims }: T): boolean => claims.length > 0;
  return { own: made.slice(0, own.length).filter(some), others: made.slice(own.length).filter(some) };
}

/** The claims of a task that hold; those without a rule do where no rule does. */
function holding(one: TaskClaims, holds: (times: Times) => boolean): readonly Claim[] {
  const kept = one.claims.filter((claim) => {
    const times = ruleOf(one, claim)?.times;
    return times === undefined || holds(times);
  });
  return kept.some(({ rule }) => rule !== null) ? kept.filter(({ rule }) => rule !== null) : kept;
}

/** What rules that do not hold take away: limits that they set else, and nobody sets now. */
function cleared(one: TaskClaims, kept: readonly Claim[], taken: Desired): readonly Claim[] {
  const forGood = new Set(one.task.module.settings.flatMap(({ name, kept: stays }) => (stays ? [name] : [])));
  return one.claims.flatMap((claim): Claim[] => {
    if (kept.includes(claim) || ruleOf(one, claim)?.otherwise !== 'unlimited') return [];
    const none = (side: Side): Values =>
      Object.fromEntries(
        Object.keys(claim.desired[side]).flatMap((name) =>
          Object.hasOwn(taken[side], name) || forGood.has(name) ? [] : [[name, null]],
        ),
      );
    const desired = { live: none('live'), config: none('config') };
    return SIDES.every((side) => Object.keys(desired[side]).length === 0) ? [] : [{ ...claim, desired }];
  });
}

function ruleOf({ task }: TaskClaims, { rule }: Claim): RuleInfo | null {
  return rule === null ? null : ((task.module.rules(task.args)[rule] as RuleInfo | undefined) ?? null);
}

function rulesOf(one: TaskClaims): readonly RuleInfo[] {
  return one.claims.flatMap((claim) => ruleOf(one, claim) ?? []);
}

/** A setting that is set in some phase, by a rule that does not say what comes after it, and by nobody in another. */
function openEnd<T extends TaskClaims>(
  own: readonly T[],
  phases: readonly Phase[],
  wanted: (phase: Phase) => Desired,
  sides: readonly Side[],
): Objection | null {
  for (const one of own)
    for (const claim of one.claims) {
      const rule = ruleOf(one, claim);
      if (rule?.times === undefined || rule.otherwise === 'leave') continue;
      for (const side of sides)
        for (const name of Object.keys(claim.desired[side])) {
          const set = phases.map((phase) => Object.hasOwn(wanted(phase)[side], name));
          if (set.includes(true) && set.includes(false)) return openObjection(one, rule, rule.times, name);
        }
    }
  return null;
}

function openObjection({ task }: TaskClaims, rule: RuleInfo, times: Times, name: string): Objection {
  const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
  const info = task.module.settings.find((one) => one.name === name);
  const stays = info?.kept === true && rule.otherwise === 'unlimited';
  return {
    status: 'refused',
    reason: stays
      ? `rule "${rule.name}"${where} holds ${timesText(times)} only, and ${name} cannot be taken away afterwards: put a rule without times before it that sets it; nothing was written`
      : `rule "${rule.name}"${where} holds ${timesText(times)} only, and nothing says what ${name} is to be otherwise: ${BENEATH_HINT}; nothing was written`,
  };
}
