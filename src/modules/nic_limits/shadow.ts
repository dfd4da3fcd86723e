import { DIRECTIONS, type Direction } from '../../facts/bandwidth.ts';
import { widerCandidates } from '../selectors/wider.ts';
import { selectsAllOf } from './cover.ts';
import { sameRate } from './domain_nic.ts';
import { SIDES, type Side } from './item.ts';
import type { Rule } from './rule.ts';

/** A rule all of whose limits later rules replace on every NIC that it can name. */
export interface Shadowed {
  readonly index: number;
  /** The later rules that do, first ones first. */
  readonly by: readonly number[];
  /** Nothing is lost: those rules say the same. */
  readonly same: boolean;
}

/**
 * The rules that can never win, whatever the hosts have: each of their directions, in each state that they apply to,
 * is set again by a later rule that names at least the same NICs. Only what is proved is listed; rules that several
 * others replace by parts of their NICs are not.
 */
export function shadowedRules(rules: readonly Rule[]): readonly Shadowed[] {
  const candidates = widerCandidates(rules);
  return rules.flatMap((rule, index) => {
    let open = partsOf(rule);
    const by: number[] = [];
    let same = true;
    for (const later of candidates(rule)) {
      if (later <= index) continue;
      if (open.length === 0) break;
      const other = rules[later] as Rule;
      const replaced = open.filter((part) => sets(other, part));
      // Outside of its times a later rule replaces nothing.
      if (replaced.length === 0 || other.times !== undefined || !selectsAllOf(other, rule)) continue;
      by.push(later);
      same &&= replaced.every(({ direction }) => sameLimit(rule, other, direction));
      open = open.filter((part) => !replaced.includes(part));
    }
    return open.length > 0 || by.length === 0 ? [] : [{ index, by, same }];
  });
}

/** One direction in one state. */
export interface Part {
  readonly direction: Direction;
  readonly side: Side;
}

export function partsOf(rule: Rule): readonly Part[] {
  return DIRECTIONS.filter((direction) => rule.limits[direction] !== undefined).flatMap((direction) =>
    SIDES.filter((side) => appliesTo(rule, side)).map((side) => ({ direction, side })),
  );
}

export function appliesTo(rule: Rule, side: Side): boolean {
  return rule.applyTo === 'both' || rule.applyTo === side;
}

export function sets(rule: Rule, { direction, side }: Part): boolean {
  return rule.limits[direction] !== undefined && appliesTo(rule, side);
}

function sameLimit(a: Rule, b: Rule, direction: Direction): boolean {
  const [x, y] = [a.limits[direction], b.limits[direction]];
  return x !== undefined && y !== undefined && sameRate(x, y);
}
