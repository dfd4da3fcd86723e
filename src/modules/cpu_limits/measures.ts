import type { Quantity } from '../../base/units.ts';
import { DEFAULT_PERIOD } from '../../facts/cputune.ts';
import { type Measure, ofSetting } from '../measure.ts';
import { formatShare, parseQuota } from './amounts.ts';
import { bandwidthOf } from './settings.ts';

/** Quotas are measured as shares of one CPU, in percent, whatever their period is. */
export const CPU_MEASURES: readonly Measure[] = [
  share('cpu_quota', 'cpu_quota'),
  share('total', 'cpu_total'),
  { name: 'cpu_shares', parse: parseShares, format: String, of: ofSetting('cpu_shares', true) },
];

function share(name: string, setting: 'cpu_quota' | 'cpu_total'): Measure {
  return {
    name,
    parse: (written) => {
      const quota = parseQuota(written);
      return quota.ok ? { ok: true, value: percent(quota.of(DEFAULT_PERIOD), DEFAULT_PERIOD) } : quota;
    },
    format: (value) => formatShare({ quota: value, period: 100 }),
    of: (values) => {
      if (values[`${setting}.quota`] === undefined) return undefined;
      const bandwidth = bandwidthOf(values, setting);
      return bandwidth === null ? null : percent(bandwidth.quota, bandwidth.period);
    },
  };
}

function percent(quota: number, period: number): number {
  return (quota * 100) / period;
}

function parseShares(written: unknown): Quantity {
  const value = Number(written);
  if (Number.isInteger(value) && value >= 2 && value <= 10_000) return { ok: true, value };
  return {
    ok: false,
    message: `"${written}" is not a number of shares`,
    hint: 'write a whole number, 2 to 10000',
  };
}
