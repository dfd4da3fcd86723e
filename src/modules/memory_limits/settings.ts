import type { Values } from '../../model/change.ts';
import type { SettingInfo } from '../module.ts';
import { resolve } from './amounts.ts';
import { LIMITS, type Rule } from './rule.ts';

export const MEMORY_SETTINGS: readonly SettingInfo[] = LIMITS.map((name) => ({ name, unit: 'KiB' }));

/** What a rule sets on a VM of so many KiB. */
export function toValues({ limits }: Rule, memory: number): Values {
  const given = LIMITS.flatMap((name) => {
    const amount = limits[name];
    return amount === undefined ? [] : [[name, resolve(amount, memory)] as const];
  });
  return Object.fromEntries(given);
}
