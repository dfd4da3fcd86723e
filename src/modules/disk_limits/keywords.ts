import type { CustomKeyword } from '../../schema/schema.ts';
import { namesNoVm } from '../selectors/schema.ts';
import { type FormName, parseAmount } from './amounts.ts';
import { KINDS, type Kind, WAYS } from './settings.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;
type Raw = Readonly<Record<string, unknown>>;

export const diskLimitsKeywords: readonly CustomKeyword[] = [
  {
    keyword: 'virtuneDiskAmount',
    check: (value, form) => {
      const parsed = parseAmount(value, form as FormName);
      return parsed.ok ? null : parsed;
    },
  },
  { keyword: 'virtuneDiskRule', check: ruleVerdict },
];

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const rule = value as Raw;
  const nameless = namesNoVm(rule);
  if (nameless !== null) return nameless;
  if (KINDS.every((kind) => WAYS.every((way) => rule[`${way}_${kind}_sec`] === undefined)))
    return { message: 'the rule sets no limit', hint: 'give e.g. total_bytes_sec or total_iops_sec' };
  const burst = (typeof rule.burst === 'object' && rule.burst !== null ? rule.burst : {}) as Raw;
  if (rule.burst !== undefined && burst.bytes === undefined && burst.iops === undefined)
    return { message: 'the burst says how long and not how much', hint: 'give it bytes or iops' };
  for (const kind of KINDS) {
    const verdict = kindVerdict(kind, rule, burst[kind]);
    if (verdict !== null) return verdict;
  }
  if (rule.iops_size !== undefined && !isLimited('iops', rule))
    return {
      message: 'iops_size needs a limit of operations',
      hint: 'give e.g. total_iops_sec, or leave it out',
    };
  return null;
}

function kindVerdict(kind: Kind, rule: Raw, burst: unknown): Verdict {
  const [total, read, write] = WAYS.map((way) => rule[`${way}_${kind}_sec`]);
  const [t, r, w] = WAYS.map((way) => `${way}_${kind}_sec`);
  if (total !== undefined && (read !== undefined || write !== undefined))
    return {
      message: `${t} and ${r} or ${w} cannot be set together`,
      hint: 'leave out the one or the other',
    };
  if ((read === undefined) !== (write === undefined))
    return {
      message: `${read === undefined ? w : r} is given without ${read === undefined ? r : w}, and libvirt sets both`,
      hint: 'give the other one too; unlimited is fine',
    };
  if (burst === undefined) return null;
  const max = parseAmount(burst, kind);
  if (!max.ok) return null;
  if (max.value === null)
    return { message: 'a burst cannot be unlimited', hint: 'give an amount, or leave the burst out' };
  if (!isLimited(kind, rule))
    return { message: `the burst of ${kind} is for no limit`, hint: `the rule must set e.g. ${t}` };
  const above = [total, read, write].some((base) => {
    const parsed = base === undefined ? null : parseAmount(base, kind);
    return parsed?.ok && parsed.value !== null && parsed.value > (max.value as number);
  });
  return above
    ? { message: `the burst of ${kind} is below the limit`, hint: 'make it the larger one' }
    : null;
}

function isLimited(kind: Kind, rule: Raw): boolean {
  return WAYS.some(
    (way) => ![undefined, 'unlimited'].includes(rule[`${way}_${kind}_sec`] as string | undefined),
  );
}
