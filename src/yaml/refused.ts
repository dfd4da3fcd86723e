import type { Place } from '../model/diagnostic.ts';

/** What is wrong with a value. */
export interface Refusal {
  readonly message: string;
  readonly hint?: string | undefined;
  readonly place: Place;
}

/**
 * A value with a tag that is not supported, or that does not fit it. In a variable it is a mistake once somebody reads
 * it; anywhere else it is one at once (parseYaml).
 */
export class RefusedValue {
  readonly #refusal: Refusal;

  constructor(refusal: Refusal) {
    this.#refusal = refusal;
  }

  get refusal(): Refusal {
    return this.#refusal;
  }
}

/** The maps of variables in a file, whose values only count when they are read. */
export type VarsIn = (value: unknown) => readonly unknown[];

/** A file that holds variables and nothing else. */
export const ALL_VARS: VarsIn = (value) => [value];

/** All refused values within a value, in their order. */
export function refusedWithin(value: unknown): readonly Refusal[] {
  const found = new Set<RefusedValue>();
  walk(value, new Set(), (one) => found.add(one));
  return [...found].map((one) => one.refusal);
}

/** Takes refused values out, except those of variables. @param value fresh from its file: it is changed */
export function takeRefused(value: unknown, varsIn: VarsIn): readonly Refusal[] {
  const found = new Set<RefusedValue>();
  walk(value, new Set(varsIn(value)), (one, container, key) => {
    found.add(one);
    (container as Record<string, unknown>)[key] = null;
  });
  return [...found].map((one) => one.refusal);
}

type Found = (one: RefusedValue, container: object, key: string) => void;

/** @param done containers not to be entered, and those that were */
function walk(value: unknown, done: Set<unknown>, found: Found): void {
  if (typeof value !== 'object' || value === null || done.has(value)) return;
  done.add(value);
  for (const [key, member] of Object.entries(value))
    if (member instanceof RefusedValue) found(member, value, key);
    else walk(member, done, found);
}
