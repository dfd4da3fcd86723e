import { compileGlob, isGlob } from '../base/glob.ts';
import { didYouMeanHint } from '../base/suggest.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Measure } from '../modules/measure.ts';
import { keyPlaceOf, placeOf } from '../yaml/places.ts';
import type { Bound } from './bounds.ts';

type Amount = string | number;

/** As the schema lets it through. */
interface RawBound {
  readonly lowest?: Amount;
  readonly highest?: Amount;
  readonly factor?: number | { readonly up?: number; readonly down?: number };
  readonly unlimited?: 'refuse' | 'allow';
}

export type RawLimits = Readonly<Record<string, Readonly<Record<string, RawBound>>>>;

export interface ParsedLimits {
  readonly limits: ReadonlyMap<string, readonly Bound[]>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Bounds by module, with what is wrong: measures that there are not, amounts that are none, what can never hold. */
export function parseLimits(raw: RawLimits, modules: ReadonlySet<string> | null): ParsedLimits {
  const diagnostics: Diagnostic[] = [];
  const fail = (place: Place | undefined, message: string, hint?: string): void =>
    void diagnostics.push({ severity: 'error', message, hint, place });
  const limits = new Map<string, readonly Bound[]>();
  for (const [name, written] of Object.entries(raw)) {
    if (modules !== null && !modules.has(name))
      fail(keyPlaceOf(raw, name), `the rule is not about ${name}: "module" does not name it`);
    const { measures } = moduleNamed(name);
    const bounds: Bound[] = [];
    for (const [key, bound] of Object.entries(written)) {
      const at = keyPlaceOf(written, key);
      const matches = isGlob(key) ? compileGlob(key) : (text: string) => text === key;
      const named = measures.filter((one) => matches(one.name));
      const known = measures.map((one) => one.name);
      if (named.length === 0)
        fail(at, `${name} has no "${key}"`, didYouMeanHint(key, known) ?? `it has ${known.join(', ')}`);
      if (['lowest', 'highest', 'factor'].every((one) => !Object.hasOwn(bound, one)))
        fail(at, `"${key}" has no bound`, 'write lowest, highest or factor');
      for (const measure of named) bounds.push(toBound(measure, bound, fail));
    }
    for (const found of empty(bounds)) fail(keyPlaceOf(raw, name), found);
    limits.set(name, bounds);
  }
  return { limits, diagnostics: firstOfEach(diagnostics) };
}

type Fail = (place: Place | undefined, message: string, hint?: string) => void;

function toBound(measure: Measure, raw: RawBound, fail: Fail): Bound {
  const amount = (key: 'lowest' | 'highest'): { readonly [key in 'lowest' | 'highest']?: number } => {
    const written = raw[key];
    if (written === undefined) return {};
    const parsed = measure.parse(written);
    if (parsed.ok) return { [key]: parsed.value };
    fail(placeOf(raw, key), `${key} of ${measure.name}: ${parsed.message}`, parsed.hint);
    return {};
  };
  const { factor, unlimited = 'refuse' } = raw;
  const factors = typeof factor === 'number' ? { up: factor, down: factor } : (factor ?? {});
  return { measure, ...amount('lowest'), ...amount('highest'), ...factors, unlimited: unlimited === 'allow' };
}

/** Measures of which nothing can be set, since the lowest is above the highest, of one entry or of two. */
function empty(bounds: readonly Bound[]): readonly string[] {
  return [...new Set(bounds.map(({ measure }) => measure))].flatMap((measure) => {
    const own = bounds.filter((one) => one.measure === measure);
    const lowest = Math.max(...own.map((one) => one.lowest ?? Number.NEGATIVE_INFINITY));
    const highest = Math.min(...own.map((one) => one.highest ?? Number.POSITIVE_INFINITY));
    if (lowest <= highest) return [];
    const [low, high] = [measure.format(lowest), measure.format(highest)];
    return [`nothing can be set: the lowest of ${measure.name}, ${low}, is above the highest, ${high}`];
  });
}

/** A glob names several measures, of which each says the same. */
function firstOfEach(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const seen = new Set<string>();
  return diagnostics.filter(({ place, message }) => {
    const key = place === undefined ? message : `${place.line}:${place.column}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
