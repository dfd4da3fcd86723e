import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { coversVms, vmsApart } from '../selectors/cover.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import type { Servers } from '../selectors/servers.ts';
import type { Reach } from '../shared/asks.ts';
import { type FormName, parseAmount } from '../shared/io_amounts.ts';
import { parseRules } from '../shared/parse_rules.ts';
import { diskLimitsKeywords } from './keywords.ts';
import { DISK_MEASURES } from './measures.ts';
import type { DiskLimitsArgs, Rule } from './rule.ts';
import { diskLimitsSchema } from './schema.ts';
import { KINDS, type Kind, WAYS, wholeKind } from './settings.ts';
import { coversDisks, disksApart, type RawDisks, toDisks } from './targets.ts';
import { shortOf } from './text.ts';

const validate = compileSchema(diskLimitsSchema, diskLimitsKeywords);

/** What is not proved is left to the hosts: whether `sda` is a CD-ROM, which `all` leaves out, is not known here. */
export const DISKS: Reach<Rule> = {
  covers: (wide, narrow) => coversVms(wide, narrow) && coversDisks(wide, narrow),
  apart: (a, b) => vmsApart(a, b) || disksApart(a, b),
  many: 'disks',
};

/** Validates the arguments of a `disk_limits` task and turns them into rules. */
export function parseArgs(value: unknown): {
  args: DiskLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  return parseRules(value, { validate, toRule, reach: DISKS, measures: DISK_MEASURES });
}

function toRule(raw: RawRule, index: number, written: readonly RawRule[], servers: Servers): Rule {
  const given = KINDS.filter((kind) => WAYS.some((way) => raw[`${way}_${kind}_sec`] !== undefined));
  const limits = Object.fromEntries(given.map((kind) => [kind, toValues(kind, raw)]));
  const texts = given.map((kind) => [kind, shortOf(kind, limits[kind] ?? {})] as const);
  const asks = Object.fromEntries(texts.map(([kind, text]) => [kind, { id: text, kind: 'fixed', text }]));
  const base = { ...toBaseRule(written, raw, index, servers), ...toDisks(raw.disk), limits };
  if (raw.group === undefined) return { ...base, asks };
  const group = raw.group === 'none' ? null : raw.group;
  return { ...base, group, asks: { ...asks, group: { id: raw.group, kind: 'fixed', text: raw.group } } };
}

type Amount = string | number;

/** What the schema lets through. */
interface RawRule
  extends BaseRawRule,
    Readonly<Partial<Record<`${(typeof WAYS)[number]}_${Kind}_sec${'' | '_max' | '_max_length'}`, Amount>>> {
  readonly disk?: RawDisks;
  readonly group?: string;
  readonly burst?: Readonly<Partial<Record<Kind | 'for', Amount>>>;
  readonly iops_size?: Amount;
}

function toValues(kind: Kind, raw: RawRule) {
  const numbers: Record<string, number | null> = {};
  for (const way of WAYS) {
    const name = `${way}_${kind}_sec` as const;
    numbers[name] = amount(raw[name], kind);
    if (numbers[name] === null) continue;
    const own = raw[`${name}_max`];
    numbers[`${name}_max`] = amount(own ?? raw.burst?.[kind], kind);
    const length = raw[`${name}_max_length`] ?? (own === undefined ? raw.burst?.for : undefined);
    numbers[`${name}_max_length`] = amount(length, 'duration');
  }
  return wholeKind(kind, { ...numbers, size_iops_sec: amount(raw.iops_size, 'size') });
}

function amount(written: Amount | undefined, form: FormName): number | null {
  if (written === undefined) return null;
  const parsed = parseAmount(written, form);
  // The schema's keywords have let it through already.
  if (!parsed.ok) throw new TypeError(parsed.message);
  return parsed.value;
}
