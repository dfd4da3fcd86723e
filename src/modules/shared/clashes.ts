import type { Diagnostic } from '../../model/diagnostic.ts';
import { OF_ANOTHER_TASK } from '../module.ts';
import { widerCandidates } from '../selectors/wider.ts';
import {
  type Ask,
  type AskingRule,
  alwaysDiffer,
  asks,
  type Part,
  partsOf,
  type Reach,
  ruleWords,
} from './asks.ts';

/**
 * What the rules of two tasks alone tell to never settle: something that one of them names, the other names too, and
 * they ask different things of it. Only what is proved is said here; the rest is found when hosts are planned.
 */
export function clashesOf<R extends AskingRule>(
  first: readonly R[],
  second: readonly R[],
  reach: Reach<R>,
): readonly Diagnostic[] {
  const found = new Map<R, Diagnostic>();
  const note = (a: R, b: R, narrow: R) => {
    // Times of both may never meet.
    if (a.times !== undefined && b.times !== undefined) return;
    const part = partsOf(b).find(
      (one) =>
        differ(a, b, one) && decides(first, a, narrow, one, reach) && decides(second, b, narrow, one, reach),
    );
    if (part !== undefined && !found.has(b)) found.set(b, clash(a, b, part));
  };
  const inFirst = widerCandidates(first);
  const inSecond = widerCandidates(second);
  for (const b of second)
    for (const a of inFirst(b).map((index) => first[index] as R)) if (reach.covers(a, b)) note(a, b, b);
  for (const a of first)
    for (const b of inSecond(a).map((index) => second[index] as R)) if (reach.covers(b, a)) note(a, b, a);
  return [...found.values()];
}

function differ(a: AskingRule, b: AskingRule, part: Part): boolean {
  const [x, y] = [a.asks[part.group], b.asks[part.group]];
  return asks(a, part) && asks(b, part) && x !== undefined && y !== undefined && alwaysDiffer(x, y);
}

/** Whether no later rule of its task replaces what a rule asks, on anything that the narrower of the two names. */
function decides<R extends AskingRule>(
  rules: readonly R[],
  rule: R,
  narrow: R,
  part: Part,
  reach: Reach<R>,
): boolean {
  const later = rules.slice(rules.indexOf(rule) + 1);
  const maySet = (other: R) => asks(other, part) || other.from !== undefined;
  return later.every((other) => !maySet(other) || reach.apart(other, narrow));
}

function clash(a: AskingRule, b: AskingRule, { group }: Part): Diagnostic {
  const text = (rule: AskingRule) => (rule.asks[group] as Ask).text;
  return {
    severity: 'error',
    message: `rule "${b.name}" wants ${group} ${text(b)}, and ${ruleWords(a)} ${OF_ANOTHER_TASK} wants ${text(a)}: each run would write both`,
    hint: 'put them into one task, where a later rule replaces an earlier one, or narrow one of them',
    place: b.place,
  };
}
