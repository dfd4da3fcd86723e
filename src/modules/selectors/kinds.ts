import { oneOf } from '../../base/text.ts';

/**
 * What a subject is, as libvirt names it: `bridge`, `[bridge, network]`, `"!vhostuser"`. Excludes win wherever they
 * stand, as in `domain`; without includes every kind is meant.
 */
export interface Kinds {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** The JSON Schema of such a condition. @param kinds all that libvirt has */
export function kindsSchema(what: string, kinds: readonly string[]) {
  const one = {
    enum: [...kinds, ...kinds.map((kind) => `!${kind}`)],
    'x-expected': `${oneOf(kinds)}, or one of them with a "!" before it`,
  };
  return {
    description: `${what}: ${oneOf(kinds)}; a list of those; a leading ! excludes.`,
    type: ['string', 'array'],
    if: { type: 'string' },
    // biome-ignore lint/suspicious/noThenProperty: a keyword of JSON Schema
    then: one,
    else: { minItems: 1, items: one },
  };
}

/** From what {@link kindsSchema} has let through. */
export function toKinds(raw: string | readonly string[]): Kinds {
  const words = [raw].flat();
  return {
    include: words.filter((word) => !word.startsWith('!')),
    exclude: words.filter((word) => word.startsWith('!')).map((word) => word.slice(1)),
  };
}

/**
 * Whether a subject is of the kinds that are meant.
 * @param is all that it is: its two descriptions may differ, and a running VM may show what became of it
 */
export function kindsMatch(kinds: Kinds | undefined, is: readonly string[]): boolean {
  if (kinds === undefined) return true;
  const { include, exclude } = kinds;
  const included = include.length === 0 || is.some((kind) => include.includes(kind));
  return included && !is.some((kind) => exclude.includes(kind));
}

/** Whether nothing can meet a condition. */
export function kindsNone({ include, exclude }: Kinds): boolean {
  return include.length > 0 && include.every((kind) => exclude.includes(kind));
}

/** Whether one condition is met wherever another one is, as far as that can be proved: a subject may be of two kinds. */
export function coversKinds(wide: Kinds | undefined, narrow: Kinds | undefined): boolean {
  if (wide === undefined) return true;
  if (narrow === undefined) return false;
  const included =
    wide.include.length === 0 ||
    (narrow.include.length > 0 && narrow.include.every((kind) => wide.include.includes(kind)));
  return included && wide.exclude.every((kind) => narrow.exclude.includes(kind));
}

/** Whether no subject can meet both, as far as that can be proved. */
export function kindsApart(a: Kinds | undefined, b: Kinds | undefined): boolean {
  const excludes = (one: Kinds | undefined, other: Kinds | undefined) =>
    other !== undefined &&
    other.include.length > 0 &&
    other.include.every((kind) => one?.exclude.includes(kind));
  return excludes(a, b) || excludes(b, a);
}
