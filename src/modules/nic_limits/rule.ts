import type { Place } from '../../model/diagnostic.ts';
import type { DomainState } from '../../model/facts.ts';
import type { DesiredLimits } from '../../model/limits.ts';
import type { RuleInfo } from '../module.ts';

/** One entry of desired limits: which NICs, and what they shall have. Values are in libvirt's units. */
export interface Rule extends RuleInfo {
  readonly domain: DomainSelector | null;
  readonly match: DomainMatch;
  readonly nic: NicSelector;
  readonly limits: DesiredLimits;
  readonly applyTo: ApplyTo;
  /** Where it stands; absent for one that a command has made. */
  readonly place?: Place;
}

export type ApplyTo = 'both' | 'live' | 'config';

/** Globs on the name, or UUIDs; excludes win wherever they stand. No includes means every domain. */
export interface DomainSelector {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
  /** Take the words literally: `virtune set` names one domain, whatever characters its name has. */
  readonly literal: boolean;
}

export interface DomainMatch {
  readonly state?: readonly DomainState[];
  readonly persistent?: boolean;
  readonly title?: string;
  readonly nova?: {
    readonly name?: string;
    readonly flavor?: string;
    readonly project?: string;
    readonly user?: string;
  };
}

/** All of the given conditions must hold; none given means every NIC. */
export interface NicSelector {
  /** 1-based positions as in `virsh domiflist`. */
  readonly positions?: readonly number[];
  readonly mac?: string;
  readonly bridge?: string;
  readonly network?: string;
  readonly portgroup?: string;
  readonly target?: string;
  readonly model?: string;
  readonly alias?: string;
}

export interface NicLimitsArgs {
  readonly rules: readonly Rule[];
  /** What becomes of the NICs that no rule names. */
  readonly unmatched: 'leave' | 'unlimited';
  /** List the NICs that no rule names too, instead of counting them only. */
  readonly listAll: boolean;
  /** Set what is in force in running VMs also where libvirt describes it as wanted. */
  readonly rewrite?: boolean;
  /** What the host's own network carries in each direction, in kB/s; nothing is said of it where it is absent. */
  readonly uplink?: number;
}
