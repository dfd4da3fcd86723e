import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { copyEntryPlace, copyPlaces } from '../yaml/places.ts';
import { resolveTemplates } from './resolve.ts';
import type { Magic } from './state.ts';

export interface WhenRead {
  /** Each variable is resolved when somebody reads it: a template that nobody needs can do no harm. */
  readonly vars: Vars;
  /** What was wrong with those that were read, so far. */
  readonly diagnostics: readonly Diagnostic[];
  /** Those that were read, so far. */
  readonly readSoFar: () => Vars;
}

export interface WhenReadOptions {
  /** The variables that may be read at all. */
  readonly names: readonly string[];
  /** What holds where a variable is not set, or is null; no templates. */
  readonly settings?: Vars | undefined;
  readonly magic?: Magic | undefined;
}

/** Variables of a host whose templates are resolved one by one, as they are read. */
export function resolveWhenRead(vars: Vars, { names, settings = {}, magic }: WhenReadOptions): WhenRead {
  const diagnostics: Diagnostic[] = [];
  const known = new Map<string, unknown>();
  const lazy: Record<string, unknown> = {};
  copyPlaces(vars, lazy);
  const read = (name: string): unknown => {
    const one = Object.hasOwn(vars, name) ? { [name]: vars[name] } : {};
    copyEntryPlace(vars, name, one, name);
    const found = resolveTemplates(one, vars, undefined, magic);
    diagnostics.push(...found.diagnostics);
    const resolved = found.value as Vars;
    const from = (resolved[name] ?? null) === null && Object.hasOwn(settings, name) ? settings : resolved;
    copyEntryPlace(from, name, lazy, name);
    return from[name];
  };
  for (const name of new Set([...names, ...Object.keys(settings)])) {
    const get = () => {
      if (!known.has(name)) known.set(name, read(name));
      return known.get(name);
    };
    Object.defineProperty(lazy, name, { get, enumerable: true });
  }
  return { vars: lazy, diagnostics, readSoFar: () => Object.fromEntries(known) };
}
