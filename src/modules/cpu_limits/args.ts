import { type Bandwidth, DEFAULT_PERIOD } from '../../facts/cputune.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import type { Servers } from '../selectors/servers.ts';
import type { Ask } from '../shared/asks.ts';
import { WHOLE_VMS } from '../shared/asks.ts';
import { parseRules } from '../shared/parse_rules.ts';
import { adviseRule } from './advice.ts';
import { parsePeriod, parseQuota } from './amounts.ts';
import { cpuLimitsKeywords } from './keywords.ts';
import { CPU_MEASURES } from './measures.ts';
import type { CpuLimitsArgs, DesiredCpu, Rule } from './rule.ts';
import { cpuLimitsSchema } from './schema.ts';
import { toValues } from './settings.ts';
import { cpuText } from './text.ts';

const validate = compileSchema(cpuLimitsSchema, cpuLimitsKeywords);

/** Validates the arguments of a `cpu_limits` task and turns them into rules in libvirt's units. */
export function parseArgs(value: unknown): {
  args: CpuLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  return parseRules(value, {
    validate,
    toRule,
    reach: WHOLE_VMS,
    measures: CPU_MEASURES,
    advice: adviseRule,
  });
}

function toRule(raw: RawRule, index: number, written: readonly RawRule[], servers: Servers): Rule {
  const limits = toLimits(raw);
  return { ...toBaseRule(written, raw, index, servers), limits, asks: asksOf(limits) };
}

/** What the schema lets through. */
interface RawRule extends BaseRawRule {
  readonly cpu_quota?: string | number;
  readonly cpu_period?: string | number;
  readonly total?: string | number;
  readonly total_period?: string | number;
  readonly cpu_shares?: number;
}

function toLimits(raw: RawRule): DesiredCpu {
  const { cpu_quota, cpu_period, total, total_period, cpu_shares } = raw;
  return {
    ...(cpu_quota === undefined ? {} : { cpu_quota: toBandwidth(cpu_quota, cpu_period) }),
    ...(total === undefined ? {} : { total: toBandwidth(total, total_period) }),
    ...(cpu_shares === undefined ? {} : { cpu_shares }),
  };
}

function toBandwidth(written: string | number, writtenPeriod?: string | number): Bandwidth | null {
  if (written === 'unlimited') return null;
  const [quota, period] = [parseQuota(written), parsePeriod(writtenPeriod ?? DEFAULT_PERIOD)];
  // The schema's keywords have let both through already.
  if (!quota.ok || !period.ok) throw new TypeError(`not a quota: ${written}`);
  return { quota: quota.of(period.value), period: period.value };
}

function asksOf(limits: DesiredCpu): Readonly<Record<string, Ask>> {
  const texts = cpuText.values(toValues(limits));
  return Object.fromEntries(
    texts.map(({ name, short, words }) => [name, { id: words, kind: '', text: `${short} (${words})` }]),
  );
}
