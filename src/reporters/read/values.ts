/** Reads values of a document whose form nobody has checked: each reader takes a value and its path. */

/** What a value of the document is not. Thrown within this folder only. */
export class Misfit extends Error {
  override readonly name = 'Misfit';
}

export type Reader<T> = (value: unknown, path: string) => T;
export type Fields = Readonly<Record<string, unknown>>;

export const text: Reader<string> = (value, path) => {
  if (typeof value !== 'string') throw misfit(value, path, 'a text');
  return value;
};

export const yes: Reader<boolean> = (value, path) => {
  if (typeof value !== 'boolean') throw misfit(value, path, 'true or false');
  return value;
};

export const isTrue: Reader<true> = (value, path) => {
  if (value !== true) throw misfit(value, path, 'true');
  return value;
};

export const whole: Reader<number> = (value, path) => {
  if (!Number.isSafeInteger(value)) throw misfit(value, path, 'a whole number');
  return value as number;
};

export const fields: Reader<Fields> = (value, path) => {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw misfit(value, path, 'an object');
  return value as Fields;
};

export function list<T>(item: Reader<T>): Reader<readonly T[]> {
  return (value, path) => {
    if (!Array.isArray(value)) throw misfit(value, path, 'a list');
    return value.map((one, index) => item(one, `${path}[${index}]`));
  };
}

/** An object with any names. */
export function byName<T>(item: Reader<T>): Reader<Readonly<Record<string, T>>> {
  return (value, path) =>
    Object.fromEntries(
      Object.entries(fields(value, path)).map(([name, one]) => [name, item(one, `${path}.${name}`)]),
    );
}

export function oneOf<T extends string>(words: readonly T[]): Reader<T> {
  return (value, path) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw misfit(value, path, `one of ${words.join(', ')}`);
    return found;
  };
}

export function orNull<T>(item: Reader<T>): Reader<T | null> {
  return (value, path) => (value === null ? null : item(value, path));
}

/** A field that must be there. */
export function get<T>(from: Fields, name: string, path: string, item: Reader<T>): T {
  return item(Object.hasOwn(from, name) ? from[name] : undefined, path === '' ? name : `${path}.${name}`);
}

/** A field that may be absent, as a part of an object. */
export function maybe<N extends string, T>(
  from: Fields,
  name: N,
  path: string,
  item: Reader<T>,
): { readonly [K in N]?: T } {
  if (!Object.hasOwn(from, name)) return {};
  return { [name]: get(from, name, path, item) } as { readonly [K in N]?: T };
}

function misfit(value: unknown, path: string, wanted: string): Misfit {
  return new Misfit(value === undefined ? `${path} is missing` : `${path} is not ${wanted}`);
}
