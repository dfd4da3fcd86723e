import { TemplateProblem } from './problem.ts';
import { isLazyMap, keepOrder, keysOf, shown } from './value.ts';

/** How much a template may do: a step is a node evaluated or an item looked at. */
export interface Work {
  left: number;
}

export const MAX_STEPS = 200_000;
const MAX_ITEMS = 100_000;

/** Pays for steps. @throws TemplateProblem when there are none left */
export function spend(work: Work, steps = 1): void {
  work.left -= steps;
  if (work.left < 0)
    throw new TemplateProblem('the template has too much to do', 'make its lists and loops smaller');
}

/** A list, or the keys of a map, or the characters of a text: what a loop goes over. */
export function items(value: unknown, work: Work, what: string): readonly unknown[] {
  const list = Array.isArray(value)
    ? (value as readonly unknown[])
    : typeof value === 'string'
      ? [...value.slice(0, MAX_ITEMS)]
      : isLazyMap(value)
        ? value.keys()
        : typeof value === 'object' && value !== null
          ? keysOf(value)
          : null;
  if (list === null) throw new TemplateProblem(`${what} takes a list, found ${shown(value)}`);
  spend(work, list.length);
  return list;
}

/** A map. @throws TemplateProblem for anything else */
export function map(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value) && !isLazyMap(value))
    return value as Readonly<Record<string, unknown>>;
  throw new TemplateProblem(`${what} takes a map, found ${shown(value)}`);
}

/** A map from entries; `__proto__` cannot be a key, since assigned it would be a prototype. */
export function toMap(entries: Iterable<readonly [string, unknown]>): Record<string, unknown> {
  const made: Record<string, unknown> = {};
  const keys = new Set<string>();
  for (const [key, value] of entries) {
    if (key === '__proto__') throw new TemplateProblem('the key "__proto__" is not allowed');
    made[key] = value;
    keys.add(key);
  }
  keepOrder(made, [...keys]);
  return made;
}

export function number(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  if (typeof value === 'boolean') return Number(value);
  throw new TemplateProblem(
    `${what} takes a number, found ${shown(value)}`,
    typeof value === 'string' ? 'write "| int" first' : undefined,
  );
}

/** @throws TemplateProblem for what JSON cannot hold */
export function finite(value: number): number {
  if (!Number.isFinite(value)) throw new TemplateProblem('the number is too large');
  return value;
}
