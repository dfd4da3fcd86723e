import type { Module } from './module.ts';
import { nicLimits } from './nic_limits/index.ts';

/** A module whose own types are closed over, so that the runner handles all of them alike. */
// biome-ignore lint/suspicious/noExplicitAny: the one place where the types of different modules meet
export type AnyModule = Module<any, any>;

export const MODULES: readonly AnyModule[] = [nicLimits];
