import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import type { Servers } from '../selectors/servers.ts';
import { type Ask, WHOLE_VMS } from '../shared/asks.ts';
import { parseRules } from '../shared/parse_rules.ts';
import { type Amount, formatAmount, parseAmount } from './amounts.ts';
import { memoryLimitsKeywords } from './keywords.ts';
import { MEMORY_MEASURES } from './measures.ts';
import { LIMITS, type Limit, type MemoryLimitsArgs, type Rule } from './rule.ts';
import { memoryLimitsSchema } from './schema.ts';

const validate = compileSchema(memoryLimitsSchema, memoryLimitsKeywords);

/** Validates the arguments of a `memory_limits` task and turns them into rules. */
export function parseArgs(value: unknown): {
  args: MemoryLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  return parseRules(value, { validate, toRule, reach: WHOLE_VMS, measures: MEMORY_MEASURES });
}

function toRule(raw: RawRule, index: number, written: readonly RawRule[], servers: Servers): Rule {
  const given = LIMITS.filter((name) => raw[name] !== undefined);
  const limits = Object.fromEntries(given.map((name) => [name, toAmount(raw[name])]));
  const asks = Object.fromEntries(given.map((name) => [name, askOf(limits[name] ?? null)]));
  return { ...toBaseRule(written, raw, index, servers), limits, asks, force: [raw.force ?? []].flat() };
}

/** What the schema lets through. */
interface RawRule extends BaseRawRule, Readonly<Partial<Record<Limit, string | number>>> {
  readonly force?: Limit | readonly Limit[];
}

function toAmount(written: unknown): Amount {
  const parsed = parseAmount(written);
  // The schema's keywords have let it through already.
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.amount;
}

/** Whether a share of the memory is as much as a size depends on the VM. */
function askOf(amount: Amount): Ask {
  const text = formatAmount(amount);
  return { id: text, kind: amount?.kind ?? '', text };
}
