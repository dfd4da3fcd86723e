import type { Desired, Side, Values } from '../../model/change.ts';
import type { Claim, Found, Selection } from '../module.ts';
import { selectsDomain } from './match.ts';
import type { BaseRule } from './rule.ts';

/**
 * What the rules of a module claim of what was found, each rule in its turn.
 * @param names whether a rule names this subject of a VM that it names
 * @param values what a rule sets in a state that it applies to
 */
export function selectByRules<R extends BaseRule, S extends Found>(
  rules: readonly R[],
  found: readonly S[],
  names: (rule: R, subject: S) => boolean,
  values: (rule: R, subject: S, side: Side) => Values,
): Selection<S> {
  const claims = new Map<S, Claim[]>();
  for (const [index, rule] of rules.entries()) {
    for (const subject of found) {
      if (!selectsDomain(rule, subject.domain) || !names(rule, subject)) continue;
      const claim = { rule: index, desired: bySide(rule, (side) => values(rule, subject, side)) };
      const others = claims.get(subject);
      if (others === undefined) claims.set(subject, [claim]);
      else others.push(claim);
    }
  }
  return { claims };
}

function bySide({ applyTo }: BaseRule, values: (side: Side) => Values): Desired {
  return {
    live: applyTo === 'config' ? {} : values('live'),
    config: applyTo === 'live' ? {} : values('config'),
  };
}
