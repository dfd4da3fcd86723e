import { oneOf, shorten } from '../base/text.ts';

/** JSON Schema's names of types in plain words. */
const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a map',
  null: 'nothing',
};

/** `a text, a number or a list`. */
export function typeWords(types: readonly string[]): string {
  return oneOf([...new Set(types)].map((type) => TYPES[type] ?? type));
}

/** JSON Schema's name of a value's type. */
export function typeOfValue(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

/** `the number 5`, `a list`, `nothing`: what stands there instead. */
export function foundWords(value: unknown): string {
  const type = typeOfValue(value);
  if (type === 'string') return `the text ${quoted(value)}`;
  if (type === 'number') return `the number ${String(value)}`;
  if (type === 'boolean') return String(value);
  return TYPES[type] ?? type;
}

/** A value as it can stand in a message. */
export function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${shorten(value)}"` : shorten(JSON.stringify(value) ?? String(value));
}
