import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { copyEntryPlace, copyPlaces, placeOf } from './places.ts';

export interface Resolved {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Exactly one variable and nothing beside it, but for the line end of a block text. */
const ONE_VARIABLE = /^\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}\n?$/;
const TEMPLATE = /\{\{|\{%|\{#/;

/** Variables may stand for others; deeper than that it is a mistake. */
const MAX_DEPTH = 200;

/**
 * Replaces each text that is exactly one variable, `"{{ name }}"`, by that variable's value, whose own templates are
 * resolved in turn. What is put in keeps the places of where it was written; what needs no change is returned as it
 * is, the same object. Texts without braces stay untouched.
 *
 * Errors, each with its place: an undefined variable, variables that stand for each other, Jinja beyond that.
 * @param place for a value that is no container, which knows no place itself
 */
export function resolveTemplates(value: unknown, vars: Vars, place?: Place): Resolved {
  const resolving: Resolving = { vars, diagnostics: [], open: [], variables: new Map(), done: new Map() };
  return { value: resolve(value, resolving, place, 0), diagnostics: resolving.diagnostics };
}

interface Resolving {
  readonly vars: Vars;
  readonly diagnostics: Diagnostic[];
  /** Names of the variables whose values are being resolved, outermost first. */
  readonly open: string[];
  readonly variables: Map<string, unknown>;
  readonly done: Map<object, unknown>;
}

/** Containers that hold no template anywhere, known for good, since data never changes: rules serve many hosts. */
const plain = new WeakSet<object>();

function resolve(value: unknown, to: Resolving, place: Place | undefined, depth: number): unknown {
  if (typeof value === 'string') return TEMPLATE.test(value) ? resolveText(value, to, place, depth) : value;
  if (typeof value !== 'object' || value === null || plain.has(value)) return value;
  if (to.done.has(value)) return to.done.get(value);
  if (depth > MAX_DEPTH) return fail(to, placeOf(value) ?? place, 'templates are nested too deeply');
  const errors = to.diagnostics.length;
  const copy = Array.isArray(value)
    ? resolveList(value, to, place, depth)
    : resolveMap(value, to, place, depth);
  // With errors in it, a value that did not change is not known to be plain.
  if (copy === value && to.diagnostics.length === errors) plain.add(value);
  to.done.set(value, copy);
  return copy;
}

function resolveList(
  list: readonly unknown[],
  to: Resolving,
  place: Place | undefined,
  depth: number,
): unknown {
  let copy: unknown[] | null = null;
  for (const [index, item] of list.entries()) {
    const resolved = resolve(item, to, placeOf(list, index) ?? placeOf(list) ?? place, depth + 1);
    if (resolved === item) continue;
    if (copy === null) {
      copy = [...list];
      copyPlaces(list, copy);
    }
    copy[index] = resolved;
    movePlace(item, to, copy, index);
  }
  return copy ?? list;
}

function resolveMap(map: object, to: Resolving, place: Place | undefined, depth: number): unknown {
  let copy: Record<string, unknown> | null = null;
  for (const [key, item] of Object.entries(map) as [string, unknown][]) {
    const resolved = resolve(item, to, placeOf(map, key) ?? placeOf(map) ?? place, depth + 1);
    if (resolved === item) continue;
    if (copy === null) {
      copy = { ...map };
      copyPlaces(map, copy);
    }
    copy[key] = resolved;
    movePlace(item, to, copy, key);
  }
  return copy ?? map;
}

/** A value that came from a variable stands where the variable was written, its key where it was. */
function movePlace(template: unknown, to: Resolving, container: object, key: string | number): void {
  const name = typeof template === 'string' ? ONE_VARIABLE.exec(template)?.[1] : undefined;
  if (name !== undefined) copyEntryPlace(to.vars, name, container, key, 'value');
}

function resolveText(text: string, to: Resolving, place: Place | undefined, depth: number): unknown {
  const name = ONE_VARIABLE.exec(text)?.[1];
  if (name === undefined) {
    const hint = 'only a value that is exactly one variable, "{{ name }}", works now';
    return fail(to, place, `the template "${shorten(text)}" is not supported yet by virtune`, hint);
  }
  if (!Object.hasOwn(to.vars, name)) {
    const hint =
      didYouMeanHint(name, Object.keys(to.vars)) ?? 'define it in the inventory, the play or with -e';
    return fail(to, place, `the variable "${name}" is not defined`, hint);
  }
  if (to.variables.has(name)) return to.variables.get(name);
  const from = to.open.indexOf(name);
  if (from >= 0) {
    const cycle = [...to.open.slice(from), name].join(' -> ');
    return fail(to, place, `variables stand for each other: ${cycle}`);
  }
  to.open.push(name);
  const value = resolve(to.vars[name], to, placeOf(to.vars, name) ?? place, depth + 1);
  to.open.pop();
  to.variables.set(name, value);
  return value;
}

function fail(to: Resolving, place: Place | undefined, message: string, hint?: string): null {
  to.diagnostics.push({ severity: 'error', message, hint, place });
  return null;
}
