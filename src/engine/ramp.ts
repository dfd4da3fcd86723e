import { isDeepStrictEqual } from 'node:util';
import { plural } from '../base/text.ts';
import { durationText } from '../base/time/duration.ts';
import {
  type Change,
  type Desired,
  type Ramp,
  SIDES,
  type Side,
  type Value,
  type Values,
} from '../model/change.ts';
import type { AnyModule, Found, Objection, RuleInfo } from '../modules/module.ts';
import { combine, type TaskClaims } from './conflict.ts';
import { mergeRamps, subjectId } from './merge.ts';

/** What is desired of a subject now, where rules go to what they want in steps. */
export interface InSteps {
  readonly desired: Desired;
  /** What is left of the way; absent where this is its end. */
  readonly ramp?: Ramp;
  readonly notes: readonly string[];
  readonly objection?: Objection;
}

/**
 * One step from what a subject has to what is claimed of it: no number moves by more than the `step` of its rule, and
 * all settings of a rule go the same part of their way, so that they fit each other at each step.
 * @param claims those that hold
 * @param held the last step, while the time until the next one is not over
 */
export function inSteps(
  module: AnyModule,
  found: Found,
  claims: readonly TaskClaims[],
  held?: Ramp,
): InSteps {
  const whole = combine(claims.flatMap((one) => one.claims));
  const owned = ownedBy(claims);
  if (owned.length === 0) return { desired: whole, notes: [] };
  const everySeconds = Math.max(...owned.map(({ ramp }) => ramp.everySeconds));
  const target: Desired = { live: valuesOf(owned, whole, 'live'), config: valuesOf(owned, whole, 'config') };
  const made = held === undefined ? undefined : partOf(held, target);
  if (made !== undefined && isDeepStrictEqual(made.target, target))
    return {
      desired: over(whole, made.step),
      ramp: made,
      notes: [leftText(made.stepsLeft, made.everySeconds)],
    };
  const step: Record<Side, Record<string, Value>> = { live: {}, config: {} };
  const notes = new Set<string>();
  let stepsLeft = 0;
  for (const { rule, ramp, side, names } of owned) {
    // What does not run takes its configuration when it is started.
    const has = found[side] ?? found[side === 'live' ? 'config' : 'live'];
    if (has === null) continue;
    const next = stepTo(module, pick(has, names), pick(whole[side], names), ramp.step);
    if (next === 'unmeasured') return { desired: whole, notes: [], objection: unmeasured(rule, ramp.step) };
    if (next === 'atOnce') notes.add(AT_ONCE);
    Object.assign(step[side], typeof next === 'string' ? pick(whole[side], names) : next.values);
    stepsLeft = Math.max(stepsLeft, typeof next === 'string' ? 0 : next.left);
  }
  const desired = over(whole, step);
  if (stepsLeft === 0) return { desired, notes: [...notes] };
  notes.add(leftText(stepsLeft, everySeconds));
  return { desired, ramp: { target, step, stepsLeft, everySeconds }, notes: [...notes] };
}

/** What of a step is of these settings: other plays may go to theirs. */
function partOf({ target, step, ...rest }: Ramp, names: Desired): Ramp {
  const only = (all: Values, wanted: Values): Values =>
    Object.fromEntries(Object.entries(all).filter(([name]) => Object.hasOwn(wanted, name)));
  const both = (from: Desired): Desired => ({
    live: only(from.live, names.live),
    config: only(from.config, names.config),
  });
  return { ...rest, target: both(target), step: both(step) };
}

/** The settings that a rule with a ramp sets last, in one state. */
interface Owned {
  readonly rule: RuleInfo;
  readonly ramp: NonNullable<RuleInfo['ramp']>;
  readonly side: Side;
  readonly names: readonly string[];
}

function ownedBy(claims: readonly TaskClaims[]): readonly Owned[] {
  const all = claims.flatMap(({ task, claims: own }) => {
    const rules: readonly RuleInfo[] = task.module.rules(task.args);
    return own.map(({ rule, desired }) => ({ rule: rules[rule ?? -1], desired }));
  });
  if (!all.some(({ rule }) => rule?.ramp !== undefined)) return [];
  return SIDES.flatMap((side) =>
    all.flatMap(({ rule, desired }, index): readonly Owned[] => {
      if (rule?.ramp === undefined) return [];
      const later = all.slice(index + 1);
      const names = Object.keys(desired[side]).filter(
        (name) => !later.some((other) => Object.hasOwn(other.desired[side], name)),
      );
      return names.length === 0 ? [] : [{ rule, ramp: rule.ramp, side, names }];
    }),
  );
}

/** One step of these settings, and how many more there are. */
function stepTo(
  { measures }: AnyModule,
  has: Values,
  wants: Values,
  written: string | number,
): { readonly values: Values; readonly left: number } | 'atOnce' | 'unmeasured' {
  if (isDeepStrictEqual(has, wants)) return { values: wants, left: 0 };
  const ways = measures.flatMap((measure) => {
    const [from, to, step] = [measure.of(has), measure.of(wants), measure.parse(written)];
    return to === undefined ? [] : [{ from, to, step }];
  });
  // Between a limit and none there are no numbers.
  if (ways.some(({ from, to }) => (from === null) !== (to === null))) return 'atOnce';
  const steps = ways.flatMap(({ from, to, step }) =>
    step.ok && typeof from === 'number' && typeof to === 'number'
      ? [Math.ceil(Math.abs(to - from) / step.value)]
      : [],
  );
  if (steps.length === 0) return 'unmeasured';
  const count = Math.max(...steps);
  if (count <= 1) return { values: wants, left: 0 };
  const values = Object.entries(wants).map(([name, to]): [string, Value] => {
    const from = has[name] ?? null;
    if (typeof from !== 'number' || typeof to !== 'number') return [name, to === null ? null : from];
    return [name, from + Math.trunc((to - from) / count)];
  });
  return { values: Object.fromEntries(values), left: count - 1 };
}

function pick(values: Values, names: readonly string[]): Values {
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

function valuesOf(owned: readonly Owned[], desired: Desired, side: Side): Values {
  return pick(
    desired[side],
    owned.flatMap((one) => (one.side === side ? one.names : [])),
  );
}

function over(whole: Desired, step: Desired): Desired {
  return { live: { ...whole.live, ...step.live }, config: { ...whole.config, ...step.config } };
}

const AT_ONCE = 'ramp: between a limit and none there are no steps, so it is set at once';

function leftText(left: number, everySeconds: number): string {
  return `ramp: ${plural(left, 'more step')} after this one, each by another run, or every ${durationText(everySeconds)} by virtune watch`;
}

function unmeasured({ name, file, line }: RuleInfo, step: string | number): Objection {
  const where = file === '' ? '' : ` (${file}:${line})`;
  return {
    status: 'refused',
    reason: `rule "${name}"${where} goes in steps of ${step}, which is no amount of anything that it sets; nothing was written`,
  };
}

/** The steps that a plan makes, so that another look at the same host in the same run makes no further ones. */
export function stepsOf(
  planned: readonly { readonly change: Change }[],
  held: ReadonlyMap<string, Ramp> = new Map(),
): ReadonlyMap<string, Ramp> {
  const steps = new Map(held);
  for (const { change } of planned) {
    const id = subjectId(change);
    const ramp = mergeRamps(steps.get(id), change.ramp);
    if (ramp !== undefined) steps.set(id, ramp);
  }
  return steps;
}
