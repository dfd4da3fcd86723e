import { THROTTLES, type Throttle } from '../../facts/blkiotune.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { coversVms, vmsApart } from '../selectors/cover.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import type { Servers } from '../selectors/servers.ts';
import type { Ask, Reach } from '../shared/asks.ts';
import { parseAmount } from '../shared/io_amounts.ts';
import { parseRules } from '../shared/parse_rules.ts';
import { blockLimitsKeywords } from './keywords.ts';
import { BLOCK_MEASURES } from './measures.ts';
import type { BlockLimitsArgs, Rule } from './rule.ts';
import { blockLimitsSchema } from './schema.ts';
import { formOf } from './settings.ts';
import { blockText } from './text.ts';

const validate = compileSchema(blockLimitsSchema, blockLimitsKeywords);

/** Two paths may be one device, which only the host tells: no rules are apart by their paths. */
export const BLOCKS: Reach<Rule> = {
  covers: (wide, narrow) =>
    coversVms(wide, narrow) && narrow.devices.every((path) => wide.devices.includes(path)),
  apart: vmsApart,
  many: 'block devices',
};

/** Validates the arguments of a `block_limits` task and turns them into rules in libvirt's units. */
export function parseArgs(value: unknown): {
  args: BlockLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  return parseRules(value, { validate, toRule, reach: BLOCKS, measures: BLOCK_MEASURES });
}

function toRule(raw: RawRule, index: number, written: readonly RawRule[], servers: Servers): Rule {
  const limits = toLimits(raw);
  return {
    ...toBaseRule(written, raw, index, servers),
    devices: [raw.device].flat(),
    limits,
    asks: asksOf(limits),
  };
}

/** What the schema lets through. */
interface RawRule extends BaseRawRule, Readonly<Partial<Record<Throttle, string | number>>> {
  readonly device: string | readonly string[];
}

function toLimits(raw: RawRule): Rule['limits'] {
  const given = THROTTLES.flatMap((name): [Throttle, number | null][] => {
    const written = raw[name];
    if (written === undefined) return [];
    const parsed = parseAmount(written, formOf(name));
    // The schema's keywords have let it through already.
    if (!parsed.ok) throw new TypeError(parsed.message);
    return [[name, parsed.value]];
  });
  return Object.fromEntries(given);
}

function asksOf(limits: Rule['limits']): Readonly<Record<string, Ask>> {
  const texts = blockText.values(limits);
  return Object.fromEntries(
    texts.map(({ name, short, words }) => [name, { id: words, kind: 'fixed', text: short }]),
  );
}
