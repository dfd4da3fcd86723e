import type { Side } from '../../model/change.ts';
import type { Found } from '../module.ts';
import type { AskingRule } from '../shared/asks.ts';
import type { Cgroups } from '../shared/cgroups.ts';
import type { Amount } from './amounts.ts';

/** libvirt's names, which are also those of the settings. */
export const LIMITS = ['soft_limit', 'hard_limit', 'swap_hard_limit'] as const;
export type Limit = (typeof LIMITS)[number];

export interface Rule extends AskingRule {
  readonly limits: Readonly<Partial<Record<Limit, Amount>>>;
  /** Those that are set although they are below what is safe. */
  readonly force: readonly Limit[];
}

export interface MemoryLimitsArgs {
  readonly rules: readonly Rule[];
}

/** The memory of a VM. */
export interface FoundMemory extends Found {
  /** In KiB, by state; that of the other state where there is only one. */
  readonly memory: Readonly<Record<Side, number>>;
  readonly cgroups: Cgroups;
}
