import { shorten } from '../base/text.ts';
import type { Diagnostic, Origin, Place } from '../model/diagnostic.ts';
import { placeOf } from '../yaml/places.ts';

/** What templates put into containers, and where those templates and their variables were written. */
const table = new WeakMap<object, Map<string | number, readonly Origin[]>>();

/** Notes that a template made the value under a key of a container. */
export function setOrigin(
  container: object,
  key: string | number,
  template: string,
  place: Place | undefined,
  variables: readonly Origin[],
): void {
  const made: Origin[] =
    place === undefined ? [] : [{ text: `the template "${shorten(template.trim())}"`, place }];
  const entries = table.get(container) ?? new Map<string | number, readonly Origin[]>();
  entries.set(key, [...made, ...variables]);
  table.set(container, entries);
}

/** Diagnostics about a value, those whose place holds what a template made with where that came from. */
export function withOrigins(diagnostics: readonly Diagnostic[], root: unknown): readonly Diagnostic[] {
  if (diagnostics.length === 0) return diagnostics;
  const found = new Map<string, readonly Origin[]>();
  collect(root, found, new Set());
  return diagnostics.map((diagnostic) => {
    const { place } = diagnostic;
    if (place === undefined || diagnostic.from !== undefined) return diagnostic;
    const from = found.get(keyOf(place))?.filter((origin) => keyOf(origin.place) !== keyOf(place));
    const whole = found.get(keyOf(place));
    if (from === undefined || whole === undefined) return diagnostic;
    // The template itself is what the excerpt shows; what it is worth saying then is that it was one.
    return { ...diagnostic, from: from.length > 0 ? from : whole };
  });
}

/**
 * What is said of a value, without what is said of nothing that a template made: the template has failed, and why it did
 * is the cause.
 */
export function withoutEmpty(found: readonly Diagnostic[], root: unknown): readonly Diagnostic[] {
  const empty = new Set<string>();
  const seen = new Set<object>();
  const walk = (value: unknown): void => {
    if (typeof value !== 'object' || value === null || seen.has(value)) return;
    seen.add(value);
    for (const key of table.get(value)?.keys() ?? []) {
      const place = placeOf(value, key);
      const made: unknown = Reflect.get(value, key);
      if (place !== undefined && (made === null || made === undefined)) empty.add(keyOf(place));
    }
    for (const item of Object.values(value) as unknown[]) walk(item);
  };
  walk(root);
  return found.filter(({ place }) => place === undefined || !empty.has(keyOf(place)));
}

function collect(value: unknown, found: Map<string, readonly Origin[]>, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value)) return;
  seen.add(value);
  for (const [key, from] of table.get(value) ?? []) {
    const place = placeOf(value, key);
    if (place !== undefined) found.set(keyOf(place), from);
  }
  for (const item of Object.values(value) as unknown[]) collect(item, found, seen);
}

function keyOf({ file, line, column }: Place): string {
  return `${file}\0${line}\0${column}`;
}
