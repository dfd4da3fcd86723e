import { copyPlaces } from './places.ts';

/** A value that `ansible-vault` has encrypted. It is opened when somebody asks for the variable, and not before. */
export class Encrypted {
  /** Not enumerable, so that no walk over data finds it. */
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** As it stands in the file: still encrypted. */
  get text(): string {
    return this.#text;
  }

  /** As `ansible-inventory --list` shows it. */
  toJSON(): object {
    return { __ansible_vault: this.#text };
  }

  toString(): string {
    return '(encrypted)';
  }
}

/** Opens a value; what cannot be opened is returned as it is, after that was noted. */
export type OpenEncrypted = (value: Encrypted, key: string, container: object) => unknown;

/** Containers, and whether something encrypted is anywhere in them: data never changes. */
const known = new WeakMap<object, boolean>();

/** True when a value is encrypted, or holds something that is. */
export function holdsEncrypted(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Encrypted) return true;
  const before = known.get(value);
  if (before !== undefined) return before;
  const holds = Object.values(value).some(holdsEncrypted);
  known.set(value, holds);
  return holds;
}

/** A value with all that is encrypted in it opened; the very same value when nothing is. Places come along. */
export function openAll(value: unknown, open: OpenEncrypted): unknown {
  if (typeof value !== 'object' || value === null || !holdsEncrypted(value)) return value;
  const copy: Record<string, unknown> | unknown[] = Array.isArray(value) ? [...value] : { ...value };
  for (const [key, member] of Object.entries(value) as [string, unknown][]) {
    (copy as Record<string, unknown>)[key] =
      member instanceof Encrypted ? open(member, key, value) : openAll(member, open);
  }
  copyPlaces(value, copy);
  return copy;
}

/** Variables that open on demand, with their names. */
const lazy = new WeakMap<object, ReadonlySet<string>>();

/** The names of variables that must be copied without reading them. */
export function openOnDemandKeys(vars: object): ReadonlySet<string> | undefined {
  return lazy.get(vars);
}

/**
 * Lets variables open what is encrypted in them when they are read; nothing else is touched.
 * @param vars a fresh object, which is changed
 */
export function openOnDemand(vars: Record<string, unknown>, open: OpenEncrypted): void {
  const keys = Object.keys(vars).filter((key) => holdsEncrypted(vars[key]));
  if (keys.length === 0) return;
  for (const key of keys) {
    const value = vars[key];
    let opened: { readonly value: unknown } | null = null;
    const get = () => {
      opened ??= { value: value instanceof Encrypted ? open(value, key, vars) : openAll(value, open) };
      return opened.value;
    };
    Object.defineProperty(vars, key, { get, enumerable: true, configurable: true });
  }
  lazy.set(vars, new Set(keys));
}

/** Copies such a variable as it is, unread. */
export function copyOnDemand(from: object, to: object, key: string): void {
  const property = Object.getOwnPropertyDescriptor(from, key);
  if (property !== undefined) Object.defineProperty(to, key, property);
  lazy.set(to, new Set([...(lazy.get(to) ?? []), key]));
}
