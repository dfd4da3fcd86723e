import type { Bandwidth } from '../../facts/cputune.ts';
import type { Found } from '../module.ts';
import type { AskingRule } from '../shared/asks.ts';

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
}

/** The CPU of a VM. */
export interface FoundCpu extends Found {
  readonly vcpus: number;
  /** Whether the host limits by cgroups, as far as its running VMs show. */
  readonly cgroups: 'yes' | 'no' | 'unknown';
}
