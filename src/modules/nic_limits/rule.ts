import type { DesiredLimits } from '../../facts/bandwidth.ts';
import type { Kinds } from '../selectors/kinds.ts';
import type { BaseRule } from '../selectors/rule.ts';
import type { Servers } from '../selectors/servers.ts';

/** One entry of desired limits: which NICs, and what they are to have. Values are in libvirt's units. */
export interface Rule extends BaseRule {
  readonly nic: NicSelector;
  readonly limits: DesiredLimits;
  /** What limits of `from` may be at most, in kB/s. */
  readonly atMost?: number;
}

/** All of the given conditions must hold; none given means every NIC. */
export interface NicSelector {
  /** 1-based positions as in `virsh domiflist`. */
  readonly positions?: readonly number[];
  readonly type?: Kinds;
  readonly mac?: string;
  readonly bridge?: string;
  readonly network?: string;
  readonly portgroup?: string;
  readonly target?: string;
  readonly model?: string;
  readonly alias?: string;
  /** Of Neutron's port. */
  readonly port?: string;
  readonly fixed_ip?: string;
}

export interface NicLimitsArgs {
  readonly rules: readonly Rule[];
  /** What becomes of the NICs that no rule names. */
  readonly unmatched: 'leave' | 'unlimited';
  /** What the host's own network carries in each direction, in kB/s; nothing is said of it where it is absent. */
  readonly uplink?: number;
  /** Of the host, as a cloud tells of them. */
  readonly servers: Servers;
  /** What to do about NICs that Neutron limits: nothing but say so, which is the default, or set them all the same. */
  readonly neutronQos?: 'respect' | 'override';
  /** Present where limits are Neutron's policies and not libvirt's: the cloud whose ports these NICs are. */
  readonly enforceWith?: { readonly cloud: string; readonly region: string };
}
