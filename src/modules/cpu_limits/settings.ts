import type { Bandwidth } from '../../facts/cputune.ts';
import type { Values } from '../../model/change.ts';
import type { SettingInfo } from '../module.ts';
import type { DesiredCpu } from './rule.ts';

/** The settings of a VM's CPU; a quota means nothing without its period, so the two are set together. */
export const CPU_SETTINGS: readonly SettingInfo[] = [
  { name: 'cpu_quota.quota', unit: 'us' },
  { name: 'cpu_quota.period', unit: 'us' },
  { name: 'cpu_total.quota', unit: 'us' },
  { name: 'cpu_total.period', unit: 'us' },
  { name: 'cpu_shares', unit: '', kept: true },
];

/** The groups of settings, with the names that `schedinfo` has for them. */
export const GROUPS = [
  { name: 'cpu_quota', settings: ['cpu_quota.quota', 'cpu_quota.period'], prefix: 'vcpu' },
  { name: 'cpu_total', settings: ['cpu_total.quota', 'cpu_total.period'], prefix: 'global' },
  { name: 'cpu_shares', settings: ['cpu_shares'], prefix: '' },
] as const;

export type Group = (typeof GROUPS)[number];

export function toValues({ cpu_quota, total, cpu_shares }: DesiredCpu): Values {
  return {
    ...(cpu_quota === undefined ? {} : pair('cpu_quota', cpu_quota)),
    ...(total === undefined ? {} : pair('cpu_total', total)),
    ...(cpu_shares === undefined ? {} : { cpu_shares }),
  };
}

function pair(name: string, bandwidth: Bandwidth | null): Values {
  return { [`${name}.quota`]: bandwidth?.quota ?? null, [`${name}.period`]: bandwidth?.period ?? null };
}

/** What the values of one state say of a quota; null is unlimited. */
export function bandwidthOf(values: Values, name: 'cpu_quota' | 'cpu_total'): Bandwidth | null {
  const [quota, period] = [values[`${name}.quota`], values[`${name}.period`]];
  return typeof quota === 'number' && typeof period === 'number' ? { quota, period } : null;
}
