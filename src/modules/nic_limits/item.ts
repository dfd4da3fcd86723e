import type { DesiredLimits, Limits } from '../../facts/bandwidth.ts';
import type { TellsOfPort } from '../../facts/ports.ts';
import { SIDES, type Side } from '../../model/change.ts';
import type { Found } from '../module.ts';
import type { DomainNic } from './domain_nic.ts';

export { SIDES, type Side };

/** What the rules ask of each state; an empty object asks nothing. */
export type DesiredBySide = Readonly<Record<Side, DesiredLimits>>;

/** A NIC that was found on a host. */
export interface FoundNic extends Found {
  readonly nic: DomainNic;
  /** What Neutron told of its port; absent where nobody asked, and where it has none. */
  readonly port?: ToldPort;
}

export type ToldPort = TellsOfPort;

/** What a NIC has in one state, null when it does not exist there. */
export type CurrentLimits = Readonly<Record<Side, Limits | null>>;
