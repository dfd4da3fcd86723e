import type { HostFacts } from '../../model/facts.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../model/limits.ts';
import type { NicResult } from '../../model/result.ts';
import type { Card } from './card.ts';
import { SIDES, type Side, type Wanted } from './item.ts';
import { ruleMatches } from './match.ts';
import { planHost } from './plan.ts';
import type { NicLimitsArgs, Rule } from './rule.ts';
import { appliesTo } from './shadow.ts';

/** How the limits of one NIC come about. */
export interface NicExplanation {
  /** As check mode gives it: what it shall have, what it has, its status, commands and notes. */
  readonly result: NicResult;
  /** The rules that name it, in the order in which they apply. */
  readonly rules: readonly ExplainedRule[];
  /** What it shall have in each state, as it would be sent. */
  readonly wanted: Wanted;
}

export interface ExplainedRule {
  readonly rule: Rule;
  readonly sets: readonly SetPart[];
}

/** What a rule sets in one direction. */
export interface SetPart {
  readonly direction: Direction;
  readonly limit: DirectionLimit;
  /** For each state that the rule applies to, the position of the rule that replaced it; null where it stands. */
  readonly replacedBy: Readonly<Partial<Record<Side, number | null>>>;
}

/** Explains the NICs of a host that are asked for, by the same plan that a run makes. */
export function explainHost(
  args: NicLimitsArgs,
  facts: HostFacts,
  asked: (card: Card) => boolean,
): readonly NicExplanation[] {
  return planHost({ ...args, listAll: true }, facts)
    .items.filter((item) => asked(item.card))
    .map(({ card, result, wanted }) => {
      const rules = args.rules.filter((rule) => ruleMatches(rule, card));
      return { result, wanted, rules: rules.map((rule, index) => ({ rule, sets: partsOf(rules, index) })) };
    });
}

function partsOf(rules: readonly Rule[], index: number): readonly SetPart[] {
  const rule = rules[index] as Rule;
  return DIRECTIONS.flatMap((direction) => {
    const limit = rule.limits[direction];
    if (limit === undefined) return [];
    const winner = (side: Side): number | null => {
      const last = rules.findLastIndex((r) => r.limits[direction] !== undefined && appliesTo(r, side));
      return last === index ? null : last;
    };
    const sides = SIDES.filter((side) => appliesTo(rule, side));
    return [{ direction, limit, replacedBy: Object.fromEntries(sides.map((side) => [side, winner(side)])) }];
  });
}
