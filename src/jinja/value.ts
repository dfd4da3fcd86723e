import { shorten } from '../base/text.ts';
import { keysInOrder } from '../yaml/places.ts';
import { TemplateProblem } from './problem.ts';

/** What stands for a value that is not there, with why. As in Ansible, what is looked up in it is undefined too. */
export class Undefined {
  readonly problem: TemplateProblem;
  constructor(problem: TemplateProblem) {
    this.problem = problem;
  }
}

/** The value of `omit`: an argument that has it is left out. */
export const OMIT = Symbol('omit');

/** A map whose values are made when they are asked for, such as `hostvars`. */
export interface LazyMap {
  readonly lazy: true;
  readonly name: string;
  keys(): readonly string[];
  /** Undefined (JavaScript's) for a key that is not there. */
  get(key: string): unknown;
}

export function isLazyMap(value: unknown): value is LazyMap {
  return typeof value === 'object' && value !== null && 'get' in value && typeof value.get === 'function';
}

/** The orders of maps that templates made, where an object does not keep them. */
const orders = new WeakMap<object, readonly string[]>();

/** The keys of a map in the order in which they were written: objects put those that look like numbers first. */
export function keysOf(map: object): readonly string[] {
  return orders.get(map) ?? keysInOrder(map);
}

/** {@link keysOf} for a map that no file has. @param keys each once */
export function keepOrder(map: object, keys: readonly string[]): void {
  if (Object.keys(map).some((key, index) => key !== keys[index])) orders.set(map, keys);
}

/** @throws TemplateProblem for an undefined value: only `default` and some tests take one */
export function defined(value: unknown): unknown {
  if (value instanceof Undefined) throw value.problem;
  return value;
}

/** Python's truth. */
export function truthy(value: unknown): boolean {
  const checked = defined(value);
  if (checked === null || checked === false || checked === 0 || checked === '') return false;
  if (Array.isArray(checked)) return checked.length > 0;
  if (isLazyMap(checked)) return checked.keys().length > 0;
  if (typeof checked === 'object') return Object.keys(checked).length > 0;
  return true;
}

/** A value's type, as users of Ansible know it. */
export function typeName(value: unknown): string {
  if (value === null) return 'none';
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Undefined) return 'undefined';
  if (value === OMIT) return 'omit';
  const names: Readonly<Record<string, string>> = {
    string: 'a text',
    number: 'a number',
    boolean: 'true or false',
    object: 'a map',
  };
  return names[typeof value] ?? typeof value;
}

export const MAX_TEXT = 1_000_000;
export const TOO_LONG = 'the text that the template makes is too long';
const MAX_SIZE = 1_000_000;

const sizes = new WeakMap<object, number>();

/**
 * How many values a value has in it, what it shares counted each time: whoever reads it walks it so often.
 * @throws TemplateProblem when that is too much
 */
export function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null || value instanceof Undefined || isLazyMap(value)) return 1;
  const known = sizes.get(value);
  if (known !== undefined) return known;
  let size = 1;
  for (const item of Object.values(value) as unknown[]) size += sizeOf(item);
  if (size > MAX_SIZE) throw new TemplateProblem('the value that the template makes is too large');
  sizes.set(value, size);
  return size;
}

/** A key as text, whatever is used as one: JavaScript itself fails on a map with a "toString" of its own. */
export function keyText(key: unknown): string {
  return typeof key === 'object' && key !== null ? toText(key) : String(key);
}

/** What `{{ }}` puts into a text: none is nothing there, as in Ansible, where within an expression it is "None". */
export function outputText(value: unknown): string {
  return value === null ? '' : toText(value);
}

/** What a value is as a text within an expression: as Python prints it. */
export function toText(value: unknown): string {
  const checked = defined(value);
  return typeof checked === 'string' ? checked : limited(python(checked, 0));
}

export function limited(text: string): string {
  if (text.length > MAX_TEXT) throw new TemplateProblem(TOO_LONG);
  return text;
}

function python(value: unknown, depth: number): string {
  if (depth > 50) throw new TemplateProblem('the value is nested too deeply for a text');
  if (value === null) return 'None';
  if (value === OMIT) throw new TemplateProblem('"omit" can only be a value as a whole');
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'string') return quote(value);
  if (Array.isArray(value)) return `[${value.map((item) => python(item, depth + 1)).join(', ')}]`;
  if (isLazyMap(value))
    throw new TemplateProblem(`${value.name} as a whole is no value`, `name a key of it: ${value.name}["…"]`);
  if (typeof value === 'object') {
    const entries = keysOf(value).map(
      (key) => `${quote(key)}: ${python((value as Record<string, unknown>)[key], depth + 1)}`,
    );
    return `{${entries.join(', ')}}`;
  }
  return String(value);
}

function quote(text: string): string {
  const mark = text.includes("'") && !text.includes('"') ? '"' : "'";
  const escaped = text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n').replaceAll('\t', '\\t');
  return `${mark}${mark === "'" ? escaped.replaceAll("'", "\\'") : escaped}${mark}`;
}

/** Python's equality: by value, whole containers, true being 1. */
export function equal(a: unknown, b: unknown): boolean {
  const x = typeof a === 'boolean' ? Number(a) : a;
  const y = typeof b === 'boolean' ? Number(b) : b;
  if (Object.is(x, y) || x === y) return true;
  if (Array.isArray(x)) {
    return Array.isArray(y) && x.length === y.length && x.every((item, index) => equal(item, y[index]));
  }
  if (typeof x !== 'object' || typeof y !== 'object' || x === null || y === null || Array.isArray(y))
    return false;
  const keys = Object.keys(x);
  return (
    keys.length === Object.keys(y).length &&
    keys.every((key) => Object.hasOwn(y, key) && equal(Reflect.get(x, key), Reflect.get(y, key)))
  );
}

/** Python's order of two values. @throws TemplateProblem for types that have none */
export function compare(a: unknown, b: unknown): number {
  const x = typeof a === 'boolean' ? Number(a) : a;
  const y = typeof b === 'boolean' ? Number(b) : b;
  if (typeof x === 'number' && typeof y === 'number') return x - y;
  if (typeof x === 'string' && typeof y === 'string') return x < y ? -1 : x > y ? 1 : 0;
  if (Array.isArray(x) && Array.isArray(y)) {
    for (let at = 0; at < Math.min(x.length, y.length); at++) {
      if (!equal(x[at], y[at])) return compare(x[at], y[at]);
    }
    return x.length - y.length;
  }
  const hint = typeof a !== typeof b ? 'bring both to one type first: "| int" or "| string"' : undefined;
  throw new TemplateProblem(`${typeName(a)} and ${typeName(b)} have no order`, hint);
}

/** Short, for messages. */
export function shown(value: unknown): string {
  if (value === null) return 'none';
  if (typeof value === 'string') return `the text "${shorten(value, 40)}"`;
  if (typeof value === 'number') return `the number ${value}`;
  return typeName(value);
}
