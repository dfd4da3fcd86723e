import type { Desired, Side, Values } from '../../model/change.ts';
import type { Found, Selection, Wish } from '../module.ts';
import { selectsDomain } from './match.ts';
import type { BaseRule } from './rule.ts';

/**
 * What the rules of a module wish of what was found, each rule in its turn.
 * @param names whether a rule names this subject of a VM that it names
 * @param values what a rule sets in a state that it applies to
 */
export function selectByRules<R extends BaseRule, S extends Found>(
  rules: readonly R[],
  found: readonly S[],
  names: (rule: R, subject: S) => boolean,
  values: (rule: R, subject: S, side: Side) => Values,
): Selection<S> {
  const wishes = new Map<S, Wish[]>();
  for (const [index, rule] of rules.entries()) {
    for (const subject of found) {
      if (!selectsDomain(rule, subject.domain) || !names(rule, subject)) continue;
      const wish = { rule: index, desired: bySide(rule, (side) => values(rule, subject, side)) };
      const others = wishes.get(subject);
      if (others === undefined) wishes.set(subject, [wish]);
      else others.push(wish);
    }
  }
  return { wishes };
}

function bySide({ applyTo }: BaseRule, values: (side: Side) => Values): Desired {
  return {
    live: applyTo === 'config' ? {} : values('live'),
    config: applyTo === 'live' ? {} : values('config'),
  };
}
