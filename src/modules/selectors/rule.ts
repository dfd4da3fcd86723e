import type { DomainState } from '../../model/facts.ts';
import type { RuleInfo } from '../module.ts';
import type { RuleSource } from './quotas.ts';
import type { ServerConditions, ServerMatch } from './servers.ts';
import type { RawTimes } from './times.ts';

/** What rules of all modules have in common: which VMs, and in which of libvirt's states. */
export interface BaseRule extends RuleInfo {
  /** null means every domain, as far as `match` goes. */
  readonly domain: DomainSelector | null;
  readonly match: DomainMatch;
  readonly applyTo: ApplyTo;
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
  readonly server?: ServerMatch;
}

/** The same as the schema lets it through. */
export interface RawRule extends RawTimes {
  readonly name?: string;
  readonly domain?: string | readonly string[];
  readonly match?: Omit<DomainMatch, 'state' | 'server'> & {
    readonly state?: string | readonly string[];
    readonly server?: ServerConditions;
  };
  readonly apply_to?: ApplyTo;
  readonly from?: RuleSource;
  readonly required?: boolean;
  readonly skip_unsupported?: boolean;
}
