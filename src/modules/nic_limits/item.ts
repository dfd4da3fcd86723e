import type { DesiredLimits, Limits } from '../../facts/bandwidth.ts';
import { SIDES, type Side } from '../../model/change.ts';
import type { Found } from '../module.ts';
import type { Card } from './card.ts';

export { SIDES, type Side };

/** What the rules ask of each state; an empty object asks nothing. */
export type Wanted = Readonly<Record<Side, DesiredLimits>>;

/** A NIC that was found on a host. */
export interface FoundNic extends Found {
  readonly card: Card;
}

/** What a card has in one state, null when it does not exist there. */
export type CurrentLimits = Readonly<Record<Side, Limits | null>>;
