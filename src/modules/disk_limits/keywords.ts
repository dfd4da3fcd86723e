import type { CustomKeyword } from '../../schema/schema.ts';
import { besideFlavor } from '../selectors/quotas.ts';
import { namesNoVm } from '../selectors/schema.ts';
import { type FormName, parseAmount } from '../shared/io_amounts.ts';
import { AMOUNT_KEYWORDS } from './amount_keywords.ts';
import { KINDS, type Kind, WAYS } from './settings.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;
type Raw = Readonly<Record<string, unknown>>;

export const diskLimitsKeywords: readonly CustomKeyword[] = [
  ...Object.entries(AMOUNT_KEYWORDS).map(
    ([form, keyword]): CustomKeyword => ({
      keyword,
      check: (value) => {
        const parsed = parseAmount(value, form as FormName);
        return parsed.ok ? null : parsed;
      },
    }),
  ),
  { keyword: 'virtuneDiskRule', check: ruleVerdict },
];

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const rule = value as Raw;
  const nameless = namesNoVm(rule);
  if (nameless !== null) return nameless;
  const own = OWN.find((key) => rule[key] !== undefined);
  if (rule.from !== undefined) return besideFlavor(own, rule);
  const isEmpty = KINDS.every((kind) => WAYS.every((way) => rule[`${way}_${kind}_sec`] === undefined));
  if (isEmpty && rule.group !== 'none')
    return { message: 'the rule sets no limit', hint: 'give e.g. total_bytes_sec or total_iops_sec' };
  if (rule.group !== undefined && rule.group !== 'none' && !KINDS.some((kind) => isLimited(kind, rule)))
    return {
      message: 'a group needs a limit, since libvirt has no disk without limits in one',
      hint: 'give e.g. total_bytes_sec, or leave the group out',
    };
  const burst = burstOf(rule);
  if (rule.burst !== undefined && burst.bytes === undefined && burst.iops === undefined)
    return { message: 'the burst says how long and not how much', hint: 'give it bytes or iops' };
  for (const kind of KINDS) {
    const verdict = basesVerdict(kind, rule) ?? burstVerdict(kind, rule);
    if (verdict !== null) return verdict;
    for (const way of WAYS) {
      const own = ownBurstVerdict(`${way}_${kind}_sec`, kind, rule);
      if (own !== null) return own;
    }
  }
  if (rule.iops_size !== undefined && !isLimited('iops', rule))
    return {
      message: 'iops_size needs a limit of operations',
      hint: 'give e.g. total_iops_sec, or leave it out',
    };
  return null;
}

/** What a rule sets itself. */
const OWN: readonly string[] = [
  ...KINDS.flatMap((kind) => WAYS.map((way) => `${way}_${kind}_sec`)),
  ...['burst', 'iops_size', 'group'],
];

function burstOf({ burst }: Raw): Raw {
  return typeof burst === 'object' && burst !== null ? (burst as Raw) : {};
}

function basesVerdict(kind: Kind, rule: Raw): Verdict {
  const [t = '', r = '', w = ''] = WAYS.map((way) => `${way}_${kind}_sec`);
  const [total, read, write] = [rule[t], rule[r], rule[w]];
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
  return null;
}

/** Of `burst`, which is for all limits of a kind. */
function burstVerdict(kind: Kind, rule: Raw): Verdict {
  const burst = burstOf(rule)[kind];
  const max = maxOf(burst, kind);
  if (max === null) return null;
  if (typeof max !== 'number') return max;
  if (!isLimited(kind, rule))
    return {
      message: `the burst of ${kind} is for no limit`,
      hint: `the rule must set e.g. total_${kind}_sec`,
    };
  const isBelow = WAYS.some((way) => isAbove(rule[`${way}_${kind}_sec`], kind, max));
  return isBelow
    ? { message: `the burst of ${kind} is below the limit`, hint: 'make it the larger one' }
    : null;
}

/** Of a burst by libvirt's name, which is for one limit. */
function ownBurstVerdict(base: string, kind: Kind, rule: Raw): Verdict {
  const [name, length] = [`${base}_max`, `${base}_max_length`];
  if (rule[name] === undefined)
    return rule[length] === undefined
      ? null
      : { message: `${length} says how long and not how much`, hint: `give ${name} too` };
  if (burstOf(rule)[kind] !== undefined)
    return {
      message: `${name} and the burst of ${kind} are both given`,
      hint: 'leave out the one or the other',
    };
  const max = maxOf(rule[name], kind);
  if (max === null || typeof max !== 'number') return max;
  if (rule[base] === undefined || rule[base] === 'unlimited')
    return { message: `${name} is for no limit`, hint: `the rule must set ${base}` };
  return isAbove(rule[base], kind, max)
    ? { message: `${name} is below ${base}`, hint: 'make it the larger one' }
    : null;
}

/** The amount of a burst, or what is wrong with it as one; null where there is none, or none that can be read. */
function maxOf(burst: unknown, kind: Kind): number | Verdict {
  const max = burst === undefined ? null : parseAmount(burst, kind);
  if (max === null || !max.ok) return null;
  return (
    max.value ?? { message: 'a burst cannot be unlimited', hint: 'give an amount, or leave the burst out' }
  );
}

function isAbove(base: unknown, kind: Kind, max: number): boolean {
  const parsed = base === undefined ? null : parseAmount(base, kind);
  return parsed?.ok === true && parsed.value !== null && parsed.value > max;
}

function isLimited(kind: Kind, rule: Raw): boolean {
  return WAYS.some(
    (way) => ![undefined, 'unlimited'].includes(rule[`${way}_${kind}_sec`] as string | undefined),
  );
}
