import type { CustomKeyword } from '../../schema/schema.ts';
import { namesNoVm } from '../selectors/schema.ts';
import { type Amount, isLess, parseAmount } from './amounts.ts';
import { LIMITS, type Limit } from './rule.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;

const checks: Readonly<Record<string, (value: unknown) => Verdict>> = {
  virtuneMemory: (value) => {
    const parsed = parseAmount(value);
    return parsed.ok ? null : parsed;
  },
  virtuneMemoryRule: ruleVerdict,
};

export const memoryLimitsKeywords: readonly CustomKeyword[] = Object.entries(checks).map(
  ([keyword, check]) => ({ keyword, check }),
);

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const nameless = namesNoVm(value);
  if (nameless !== null) return nameless;
  const rule = value as Readonly<Record<string, unknown>>;
  const given = LIMITS.filter((name) => Object.hasOwn(rule, name));
  if (given.length === 0)
    return { message: 'the rule sets nothing', hint: 'give soft_limit, hard_limit or swap_hard_limit' };
  const amounts = new Map<Limit, Amount>();
  for (const name of given) {
    const parsed = parseAmount(rule[name]);
    // What is wrong with one of them alone is told at its own place.
    if (!parsed.ok) return null;
    amounts.set(name, parsed.amount);
  }
  return together(amounts, rule.force);
}

function together(amounts: ReadonlyMap<Limit, Amount>, force: unknown): Verdict {
  const [soft, hard, swap] = LIMITS.map((name) => amounts.get(name));
  // Other words than those of limits are told at their own place.
  const idle = LIMITS.find((name) => [force].flat().includes(name) && !amounts.has(name));
  if (idle !== undefined)
    return { message: `force names ${idle}, which the rule does not set`, hint: 'leave it out' };
  if (hard !== undefined && isLess(hard, { kind: 'plus', kib: 0 }) === true) return BELOW;
  if (hard?.kind === 'percent' && hard.parts < hard.of) return BELOW;
  if (hard === null && swap !== undefined && swap !== null)
    return {
      message: 'swap_hard_limit needs a hard_limit, and the rule takes that away',
      hint: 'write swap_hard_limit: unlimited',
    };
  if (hard !== undefined && swap !== undefined && isLess(swap, hard) === true)
    return {
      message: 'swap_hard_limit is below hard_limit',
      hint: 'it is the limit of memory and swap together: make it the larger one, or unlimited',
    };
  if (
    soft !== undefined &&
    hard !== undefined &&
    hard !== null &&
    isLess(hard, soft) === true &&
    soft !== null
  )
    return {
      message: 'soft_limit is above hard_limit, so it would never have an effect',
      hint: 'make it the smaller one, or unlimited',
    };
  return null;
}

const BELOW = {
  message: 'hard_limit is below the memory of the VM: the kernel would end it',
  hint: 'a hard limit is for the VM and QEMU together, e.g. "memory + 2 GiB"',
};
