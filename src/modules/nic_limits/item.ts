import type { WriteStep } from '../../libvirt/script.ts';
import type { DesiredLimits, Limits } from '../../model/limits.ts';
import type { NicResult } from '../../model/result.ts';
import type { PlanItem } from '../module.ts';
import type { Card } from './card.ts';
import type { Rule } from './rule.ts';

export const SIDES = ['live', 'config'] as const;

/** libvirt's two states. */
export type Side = (typeof SIDES)[number];

/** What the rules ask of each state; an empty object asks nothing. */
export type Wanted = Readonly<Record<Side, DesiredLimits>>;

/** A card that a rule names, and what to do with it. */
export interface NicItem extends PlanItem {
  readonly result: NicResult;
  readonly steps: readonly WriteStep[];
  readonly card: Card;
  readonly wanted: Wanted;
  /** Those that name it, in order; none where it is one of `unmatched: unlimited`. */
  readonly rules: readonly Rule[];
}

/** What a card has in one state, null when it does not exist there. */
export type CurrentLimits = Readonly<Record<Side, Limits | null>>;
