import type { Diagnostic, Place } from '../../model/diagnostic.ts';
import type { Vars } from '../../model/inventory.ts';
import type { Secret } from '../connection.ts';

/** Where a value was written, where that is known. */
export type PlaceOf = (container: object, key?: string) => Place | undefined;

/** Reads the variables of one host, gathering what is wrong with them. */
export interface HostVars {
  /** The first of the names that is set (null counts as not set), with its value. */
  readonly first: (...names: readonly string[]) => { readonly name: string; readonly value: unknown } | null;
  /** A string that is safe as an address, a user and the like; undefined when not set or wrong. */
  readonly text: (
    check: (value: string) => TextProblem | null,
    ...names: readonly string[]
  ) => string | undefined;
  readonly integer: (min: number, max: number, ...names: readonly string[]) => number | undefined;
  /** Seconds, fractions allowed, more than 0; in milliseconds. */
  readonly seconds: (maxSeconds: number, ...names: readonly string[]) => number | undefined;
  readonly error: (name: string, message: string, hint?: string) => void;
  /** What is not about one variable of this host: the same text for many hosts is said once. */
  readonly tell: (severity: 'error' | 'warning', message: string, hint?: string) => void;
  readonly diagnostics: readonly Diagnostic[];
}

export interface TextProblem {
  readonly problem: string;
  readonly hint?: string;
}

/** @param host its name, for the messages */
export function hostVars(host: string, vars: Vars, placeOf: PlaceOf): HostVars {
  const diagnostics: Diagnostic[] = [];
  const error = (name: string, message: string, hint?: string): void => {
    diagnostics.push({ severity: 'error', message: `${host}: ${message}`, hint, place: placeOf(vars, name) });
  };
  const first: HostVars['first'] = (...names) => {
    const name = names.find(
      (each) => Object.hasOwn(vars, each) && vars[each] !== null && vars[each] !== undefined,
    );
    return name === undefined ? null : { name, value: vars[name] };
  };
  return {
    first,
    error,
    tell: (severity, message, hint) => void diagnostics.push({ severity, message, hint }),
    diagnostics,
    text: (check, ...names) => {
      const found = first(...names);
      if (!found) return undefined;
      const { name, value } = found;
      if (typeof value !== 'string') {
        return void error(name, `${name} must be a string, not ${kindOf(value)}`, 'put it in quotes');
      }
      const wrong = check(value);
      if (!wrong) return value;
      return void error(name, `${name} ${JSON.stringify(value)} ${wrong.problem}`, wrong.hint);
    },
    integer: (min, max, ...names) => {
      const found = first(...names);
      if (!found) return undefined;
      const number = numberOf(found.value);
      if (Number.isInteger(number) && number >= min && number <= max) return number;
      return void error(found.name, `${found.name} must be a whole number from ${min} to ${max}`);
    },
    seconds: (max, ...names) => {
      const found = first(...names);
      if (!found) return undefined;
      const number = numberOf(found.value);
      if (number > 0 && number <= max) return Math.max(1, Math.round(number * 1000));
      return void error(
        found.name,
        `${found.name} must be a number of seconds, more than 0 and at most ${max}`,
      );
    },
  };
}

/** As Ansible reads a truth value; undefined for what is none. */
export function truth(value: unknown): boolean | undefined {
  if (typeof value === 'boolean') return value;
  const word = String(value).toLowerCase();
  if (['1', 'yes', 'y', 'true', 't', 'on'].includes(word)) return true;
  if (['0', 'no', 'n', 'false', 'f', 'off', ''].includes(word)) return false;
  return undefined;
}

/** INI inventories and extra vars bring numbers as strings. */
function numberOf(value: unknown): number {
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\d{1,9}(\.\d{1,9})?$/.test(value) ? Number(value) : Number.NaN;
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' ? 'a mapping' : `the ${typeof value} ${String(value)}`;
}

/**
 * A secret: the first of the names that is set, undefined for none. Whatever is wrong with it, the message does not
 * repeat it.
 * @param unsafe characters that it may not hold
 */
export function secretOf(read: HostVars, unsafe: RegExp, names: readonly string[]): Secret | undefined {
  const found = read.first(...names);
  if (found === null || found.value === '') return undefined;
  const { name, value } = found;
  if (typeof value === 'number') return () => String(value);
  if (typeof value === 'string' && !unsafe.test(value)) return () => value;
  read.error(name, `${name} must be a string of one line`, 'put it in quotes');
  return undefined;
}
