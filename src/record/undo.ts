import { groupBy } from '../base/group.ts';
import type { Given } from '../engine/given.ts';
import { beforeOf, type Change, SIDES, type Side, type Value } from '../model/change.ts';
import { idOf, type Made } from './made.ts';

/** What is to be given back to the subjects of a host. */
export interface HostUndo {
  readonly host: string;
  readonly given: readonly Given[];
}

/**
 * What each subject had before a run, where the run wrote it or may have; and what it may have now, so that nobody else
 * has changed it since: what it had before, what the run was to write, or nothing, where the run had cleared it, or may have.
 * @param file the record of the run, which is the place of what is given
 */
export function undoOf(made: readonly Made[], file: string, name: string): readonly HostUndo[] {
  const rules = new Map<number, Given['rule']>();
  const ruleAt = (line: number): Given['rule'] => {
    const rule = rules.get(line) ?? { name, file, line, required: false };
    rules.set(line, rule);
    return rule;
  };
  const bySubject = groupBy(made.filter(mayHaveWritten), ({ change }) => idOf(change));
  const all = [...bySubject.values()].map((same) => ({
    host: same[0].change.host,
    given: givenBack(same, ruleAt(same[0].line)),
  }));
  return [...groupBy(all, ({ host }) => host)].map(([host, list]) => ({
    host,
    given: list.map((one) => one.given),
  }));
}

function mayHaveWritten({ change, isKnown }: Made): boolean {
  return !(isKnown && change.status === 'notFound');
}

interface Undone {
  before: Value;
  readonly may: Value[];
}

/** @param same the changes that a run made of one subject, in their order */
function givenBack(same: readonly [Made, ...Made[]], rule: Given['rule']): Given {
  const sides: Record<Side, Map<string, Undone>> = { live: new Map(), config: new Map() };
  for (const { change } of same)
    for (const side of SIDES)
      for (const setting of change.settings) {
        const had = setting[side];
        const wanted = setting.desired[side];
        if (had === undefined || wanted === undefined) continue;
        const known = sides[side].get(setting.name) ?? { before: had, may: [had] };
        sides[side].set(setting.name, known);
        known.may.push(wanted, ...cleared(change, setting.name, side));
      }
  const { module, domain, subject } = same[0].change;
  // A VM that was not running has, if it runs now, what its configuration gave it. A state that was there and that the
  // run did not set is left alone.
  const wasThere = (side: Side) => same.some(({ change }) => beforeOf(change, side) !== null);
  const of = (side: Side) => (wasThere(side) ? sides[side] : sides[side === 'live' ? 'config' : 'live']);
  return {
    module,
    domain,
    subject,
    desired: { live: values(of('live')), config: values(of('config')) },
    expected: { live: allowed(of('live')), config: allowed(of('config')) },
    rule,
  };
}

/**
 * A failed write may have left it without limits, which it then said. Of one that was cut off, or whose host was lost,
 * nobody knows how far it came: between two commands of a step there are none.
 */
export function cleared({ after, status, steps }: Change, name: string, side: Side): readonly null[] {
  if (status === 'changed') return [];
  const left = after?.[side];
  if (left !== null && left !== undefined) return (left[name] ?? null) === null ? [null] : [];
  const between = steps.some(
    ({ commands }) => commands.length > 1 && commands[0]?.includes(`--${side}`) === true,
  );
  return between ? [null] : [];
}

function values(settings: ReadonlyMap<string, Undone>): Readonly<Record<string, Value>> {
  return Object.fromEntries([...settings].map(([name, { before }]) => [name, before]));
}

function allowed(settings: ReadonlyMap<string, Undone>): Readonly<Record<string, readonly Value[]>> {
  return Object.fromEntries([...settings].map(([name, { may }]) => [name, [...new Set(may)]]));
}
