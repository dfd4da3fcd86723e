import type { Bandwidth } from '../../facts/cputune.ts';
import type { Found } from '../module.ts';
import type { Servers } from '../selectors/servers.ts';
import type { AskingRule } from '../shared/asks.ts';
import type { Cgroups } from '../shared/cgroups.ts';

/** What a rule asks; absent is left alone, null unlimited. */
export interface DesiredCpu {
  readonly cpu_quota?: Bandwidth | null;
  readonly total?: Bandwidth | null;
  readonly cpu_shares?: number;
}

export interface Rule extends AskingRule {
  readonly limits: DesiredCpu;
}

export interface CpuLimitsArgs {
  readonly rules: readonly Rule[];
  readonly servers?: Servers;
}

/** The CPU of a VM. */
export interface FoundCpu extends Found {
  readonly vcpus: number;
  readonly cgroups: Cgroups;
}
