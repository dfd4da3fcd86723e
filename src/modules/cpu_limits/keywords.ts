import { DEFAULT_PERIOD } from '../../facts/cputune.ts';
import type { CustomKeyword } from '../../schema/schema.ts';
import { besideFlavor } from '../selectors/quotas.ts';
import { namesNoVm } from '../selectors/schema.ts';
import { parsePeriod, parseQuota, quotaProblem } from './amounts.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;

const checks: Readonly<Record<string, (value: unknown) => Verdict>> = {
  virtuneCpuQuota: (value) => {
    const quota = value === 'unlimited' ? null : parseQuota(value);
    return quota === null || quota.ok ? null : quota;
  },
  virtuneCpuPeriod: (value) => {
    const period = parsePeriod(value);
    return period.ok ? null : period;
  },
  virtuneCpuShares: (value) =>
    typeof value === 'number' && value >= 2 && value <= 10_000
      ? null
      : {
          message: `shares of ${value} are out of range: 2 to 10000`,
          hint: 'the kernel would not take them, and the VM would not start; to give a VM no more than others, write 100 (cgroup v2) or 1024 (v1)',
        },
  virtuneCpuRule: ruleVerdict,
};

export const cpuLimitsKeywords: readonly CustomKeyword[] = Object.entries(checks).map(([keyword, check]) => ({
  keyword,
  check,
}));

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const nameless = namesNoVm(value);
  if (nameless !== null) return nameless;
  const rule = value as Readonly<Record<string, unknown>>;
  for (const [key, periodKey] of [
    ['cpu_quota', 'cpu_period'],
    ['total', 'total_period'],
  ] as const) {
    const problem = pairVerdict(rule, key, periodKey);
    if (problem !== null) return problem;
  }
  const own = ['cpu_quota', 'total', 'cpu_shares'].find((key) => Object.hasOwn(rule, key));
  if (Object.hasOwn(rule, 'from')) return besideFlavor(own, rule);
  if (own !== undefined) return null;
  return { message: 'the rule sets nothing', hint: 'give cpu_quota, total or cpu_shares' };
}

function pairVerdict(rule: Readonly<Record<string, unknown>>, key: string, periodKey: string): Verdict {
  if (Object.hasOwn(rule, periodKey) && (rule[key] === undefined || rule[key] === 'unlimited'))
    return {
      message: `${periodKey} says of which time ${key} is a share, and there is none`,
      hint: `give ${key} too, or leave ${periodKey} out`,
    };
  const quota = rule[key] === undefined || rule[key] === 'unlimited' ? null : parseQuota(rule[key]);
  const period = parsePeriod(rule[periodKey] ?? DEFAULT_PERIOD);
  // What is wrong with one of them alone is told at its own place.
  if (quota === null || !quota.ok || !period.ok) return null;
  const problem = quotaProblem(quota.of(period.value), period.value);
  return problem && { ...problem, message: `${key}: ${problem.message}` };
}
