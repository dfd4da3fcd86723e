import type { ParsedNode } from 'yaml';
import type { Diagnostic } from '../model/diagnostic.ts';
import { placeAt, type Source } from './places.ts';
import { RefusedValue } from './refused.ts';

/** How much aliases may add to a file: what they share is walked once for each of them by whoever reads it. */
const MAX_ALIASED = 1_000_000;
export const MAX_ERRORS = 50;

/** What building one file's values goes by (build.ts). */
export interface Building {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
  readonly anchors: Map<string, Anchored>;
  /** Values added by aliases so far. */
  aliased: number;
  /** How many maps and lists around are `!unsafe`. */
  unsafe: number;
  /** Whether any value has a tag that was not taken. */
  refused: boolean;
  /** Where the text ends, when no line break ends it. */
  readonly openEnd: number | null;
}

/** A value and how many values it has in it; null while it is still being built. */
export type Anchored = { readonly value: unknown; readonly size: number } | null;

export interface Built {
  readonly value: unknown;
  readonly size: number;
}

export const NOTHING: Built = { value: null, size: 1 };

/** Notes a mistake. @returns nothing in its place */
export function fail(to: Building, node: ParsedNode, message: string, hint?: string): Built {
  if (to.diagnostics.length < MAX_ERRORS) {
    const place = placeAt(to.source, startOf(node) ?? 0);
    to.diagnostics.push({ severity: 'error', message, ...(hint === undefined ? {} : { hint }), place });
  }
  return NOTHING;
}

export function startOf(node: ParsedNode | null | undefined): number | undefined {
  return node?.range[0];
}

/** Counts what aliases and merges add; false once that is too much. */
export function charge(to: Building, node: ParsedNode, size: number): boolean {
  const before = to.aliased;
  to.aliased += size;
  if (to.aliased <= MAX_ALIASED) return true;
  if (before <= MAX_ALIASED)
    fail(to, node, 'aliases make this file expand without bounds', 'write the values out');
  return false;
}

/** A value whose tag is not taken: no mistake as long as nobody reads it. */
export function refuse(to: Building, node: ParsedNode, message: string, hint?: string): RefusedValue {
  to.refused = true;
  return new RefusedValue({ message, hint, place: placeAt(to.source, startOf(node) ?? 0) });
}
