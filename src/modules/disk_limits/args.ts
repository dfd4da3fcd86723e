import { DISK_KINDS } from '../../facts/disks.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { compileSchema } from '../../schema/schema.ts';
import { coversVms, vmsApart } from '../selectors/cover.ts';
import { coversKinds, kindsApart, toKinds } from '../selectors/kinds.ts';
import { toBaseRule } from '../selectors/parse.ts';
import type { RawRule as BaseRawRule } from '../selectors/rule.ts';
import { requiredAdvice, shadowAdvice } from '../shared/advice.ts';
import type { Reach } from '../shared/asks.ts';
import { type FormName, parseAmount } from './amounts.ts';
import { diskLimitsKeywords } from './keywords.ts';
import type { DiskLimitsArgs, Rule } from './rule.ts';
import { diskLimitsSchema } from './schema.ts';
import { KINDS, type Kind, WAYS, wholeKind } from './settings.ts';
import { shortOf } from './text.ts';

const validate = compileSchema(diskLimitsSchema, diskLimitsKeywords);

const WHAT = Object.keys(DISK_KINDS) as (keyof typeof DISK_KINDS)[];

/** Disks of rules are compared as they are written: what is not proved is left to the hosts. */
export const DISKS: Reach<Rule> = {
  covers: (wide, narrow) =>
    coversVms(wide, narrow) &&
    JSON.stringify(wide.disks) === JSON.stringify(narrow.disks) &&
    WHAT.every((what) => coversKinds(wide.is[what], narrow.is[what])),
  apart: (a, b) => vmsApart(a, b) || WHAT.some((what) => kindsApart(a.is[what], b.is[what])),
  many: 'disks',
};

/** Validates the arguments of a `disk_limits` task and turns them into rules. */
export function parseArgs(value: unknown): {
  args: DiskLimitsArgs | null;
  diagnostics: readonly Diagnostic[];
} {
  const diagnostics = validate(value);
  if (diagnostics.some((d) => d.severity === 'error')) return { args: null, diagnostics };
  const { rules: written } = value as { readonly rules: readonly RawRule[] };
  const rules = written.map((raw, index): Rule => {
    const given = KINDS.filter((kind) => WAYS.some((way) => raw[`${way}_${kind}_sec`] !== undefined));
    const limits = Object.fromEntries(given.map((kind) => [kind, toValues(kind, raw)]));
    const texts = given.map((kind) => [kind, shortOf(kind, limits[kind] ?? {})] as const);
    const asks = Object.fromEntries(texts.map(([kind, text]) => [kind, { id: text, kind: 'fixed', text }]));
    return { ...toBaseRule(written, raw, index), ...toDisks(raw.disk), limits, asks };
  });
  const required = rules.flatMap((rule, index) => requiredAdvice(rule, written[index] ?? {}));
  return { args: { rules }, diagnostics: [...diagnostics, ...required, ...shadowAdvice(rules, DISKS)] };
}

/** Those named by what the VM sees may be CD-ROMs; else only a name means them. */
function toDisks(raw: RawRule['disk'] = 'all'): Pick<Rule, 'disks' | 'is'> {
  if (!isMap(raw)) return { disks: [raw].flat(), is: {} };
  const kinds = WHAT.flatMap((what) => {
    const words = raw[what];
    return words === undefined ? [] : [[what, toKinds(words)] as const];
  });
  const every = raw.device === undefined ? 'all' : '*';
  return { disks: [raw.target ?? every].flat(), is: Object.fromEntries(kinds) };
}

function isMap(raw: RawDisk | Words): raw is RawDisk {
  return typeof raw === 'object' && !Array.isArray(raw);
}

type Amount = string | number;
type Words = string | readonly string[];
type RawDisk = Readonly<Partial<Record<'target' | keyof typeof DISK_KINDS, Words>>>;

/** What the schema lets through. */
interface RawRule
  extends BaseRawRule,
    Readonly<Partial<Record<`${(typeof WAYS)[number]}_${Kind}_sec`, Amount>>> {
  readonly disk?: Words | RawDisk;
  readonly burst?: Readonly<Partial<Record<Kind | 'for', Amount>>>;
  readonly iops_size?: Amount;
}

function toValues(kind: Kind, raw: RawRule) {
  const numbers: Record<string, number | null> = {};
  for (const way of WAYS) {
    const name = `${way}_${kind}_sec` as const;
    numbers[name] = amount(raw[name], kind);
    if (numbers[name] === null) continue;
    numbers[`${name}_max`] = amount(raw.burst?.[kind], kind);
    numbers[`${name}_max_length`] = amount(raw.burst?.for, 'duration');
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
