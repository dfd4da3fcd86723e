import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf } from '../base/text.ts';
import { TemplateProblem } from './problem.ts';
import { truthy } from './value.ts';
import type { Work } from './work.ts';

/** Arguments as given: by position and by name. */
export interface Given {
  readonly positional: readonly unknown[];
  readonly named: ReadonlyMap<string, unknown>;
}

/** Arguments by the names that the filter or test gives them. */
export type Values = Readonly<Record<string, unknown>>;

/** What filters that call others need. */
export interface Caller {
  readonly work: Work;
  filter(name: string, value: unknown, given: Given): unknown;
  test(name: string, value: unknown, given: Given): boolean;
  /** The value under a path such as `a.b.0`; Undefined where there is none. */
  path(value: unknown, path: unknown): unknown;
}

export interface Callable<T> {
  /** Names of the arguments in their order; the last one with `*` takes all that are left, as a list. */
  readonly params: readonly string[];
  /** Undefined values are its business. */
  readonly takesUndefined?: boolean;
  readonly run: (value: unknown, args: Values, caller: Caller) => T;
}

export type Callables<T> = Readonly<Record<string, Callable<T>>>;

/** The callable of a name. @throws TemplateProblem with what was perhaps meant, or what virtune has not */
export function find<T>(table: Callables<T>, name: string, what: 'filter' | 'test'): Callable<T> {
  if (Object.hasOwn(table, name)) return table[name] as Callable<T>;
  const hint = didYouMeanHint(name, Object.keys(table)) ?? `the ${what}s of virtune are in docs/playbooks.md`;
  throw new TemplateProblem(`virtune has no ${what} "${name}"`, hint);
}

/** Gives arguments their names. @throws TemplateProblem for too many and unknown ones */
export function bind(what: string, params: readonly string[], { positional, named }: Given): Values {
  const names = params.map((param) => param.replace('*', ''));
  const rest = params.at(-1)?.startsWith('*') === true;
  if (!rest && positional.length > params.length)
    throw new TemplateProblem(
      `${what} takes ${params.length === 0 ? 'no arguments' : `only ${oneOf(names, 'and')}`}`,
    );
  const values: Record<string, unknown> = {};
  for (const [index, name] of names.entries()) {
    if (rest && index === names.length - 1) values[name] = positional.slice(index);
    else if (index < positional.length) values[name] = positional[index];
  }
  if (rest) values.named = Object.fromEntries([...named].filter(([name]) => name !== '__proto__'));
  else {
    for (const [name, value] of named) {
      if (!names.includes(name))
        throw new TemplateProblem(`${what} has no argument "${name}"`, didYouMeanHint(name, names));
      values[name] = value;
    }
  }
  return values;
}

/** @throws TemplateProblem where it is missing */
export function need(args: Values, name: string, what: string): unknown {
  if (args[name] === undefined) throw new TemplateProblem(`${what} lacks its argument "${name}"`);
  return args[name];
}

export function textArg(args: Values, name: string, what: string, fallback?: string): string {
  const value = args[name] ?? fallback;
  if (typeof value !== 'string') throw new TemplateProblem(`${what} takes a text as "${name}"`);
  return value;
}

/** A switch such as `reverse`: on with whatever is true in Python, 1 among it. */
export function flag(args: Values, name: string, fallback = false): boolean {
  return args[name] === undefined ? fallback : truthy(args[name]);
}
