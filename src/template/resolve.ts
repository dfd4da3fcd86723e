import { rootName } from '../jinja/ast.ts';
import { evaluate, type Scope } from '../jinja/eval.ts';
import { parseTemplate, type Template } from '../jinja/parse.ts';
import { AlreadyTold } from '../jinja/problem.ts';
import { render } from '../jinja/render.ts';
import { defined, isLazyMap, type LazyMap, OMIT } from '../jinja/value.ts';
import type { Diagnostic, Origin, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { copyEntryPlace, copyPlaces, placeOf } from '../yaml/places.ts';
import { RefusedValue } from '../yaml/refused.ts';
import { UnsafeText } from '../yaml/unsafe.ts';
import { LOOKUPS, type Lookups, runLookup } from './lookups.ts';
import { memorise, recall } from './memo.ts';
import { setOrigin } from './origin.ts';
import {
  fail,
  isKnown,
  type Magic,
  newState,
  noteRead,
  type Resolving,
  reading,
  readValue,
  tell,
  undefinedVariable,
} from './state.ts';

export interface Resolved {
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** Exactly one variable and nothing beside it, except the line end of a block text. */
const ONE_VARIABLE = /^\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}\n?$/;
const TEMPLATE = /\{\{|\{%|\{#/;

/** Variables may stand for others; deeper than that it is a mistake. */
const MAX_DEPTH = 200;

/**
 * Replaces templates by what they make, in values at any depth. A text that is exactly one expression, `"{{ name }}"`,
 * becomes that expression's value, a list, map or number too; within other text it becomes text. Variables' own
 * templates are resolved in turn. What is put in keeps the places of where it was written; what needs no change, and
 * what another host has with the very same variables, is returned as the same object. Texts without braces stay
 * untouched.
 *
 * Errors, each with its place: what is undefined, variables that stand for each other, what is no Jinja, and what
 * virtune has not of it. Never throws; the work is bounded.
 * @param place for a value that is no container, which knows no place itself
 */
export function resolveTemplates(value: unknown, vars: Vars, place?: Place, magic?: Magic): Resolved {
  const to = newState(vars, magic);
  const resolved = resolve(value, to, place, 0);
  return { value: resolved, diagnostics: to.diagnostics };
}

/** Containers that hold no template anywhere, known for good, since data never changes: rules serve many hosts. */
const plain = new WeakSet<object>();

function resolve(value: unknown, to: Resolving, place: Place | undefined, depth: number): unknown {
  if (typeof value === 'string') return TEMPLATE.test(value) ? resolveText(value, to, place, depth) : value;
  if (value instanceof UnsafeText) return value.text;
  if (value instanceof RefusedValue) {
    const { message, hint, place: at } = value.refusal;
    return fail(to, at, message, hint);
  }
  if (typeof value !== 'object' || value === null || plain.has(value) || isLazyMap(value)) return value;
  if (to.done.has(value)) return to.done.get(value);
  if (depth > MAX_DEPTH) return fail(to, placeOf(value) ?? place, 'templates are nested too deeply');
  const resolved = reading(to, (reads) => {
    const known = recall(value, (name) => readValue(variable(name, to, place, depth)));
    if (known !== undefined) return known.result;
    const errors = to.diagnostics.length;
    const copy = resolveEntries(value, to, place, depth);
    // With errors in it, a value that did not change is not known to be plain.
    if (to.diagnostics.length > errors) return copy;
    if (copy === value) plain.add(value);
    else memorise(value, reads, copy);
    return copy;
  });
  to.done.set(value, resolved);
  return resolved;
}

type Container = Record<string | number, unknown>;

function resolveEntries(container: object, to: Resolving, place: Place | undefined, depth: number): unknown {
  const list = Array.isArray(container);
  let copy: Container | null = null;
  let omitted = false;
  for (const [name, item] of Object.entries(container) as [string, unknown][]) {
    const key = list ? Number(name) : name;
    const at = placeOf(container, key) ?? placeOf(container) ?? place;
    const resolved = resolve(item, to, at, depth + 1);
    if (resolved === item) continue;
    if (copy === null) {
      copy = (list ? [...(container as unknown[])] : { ...container }) as Container;
      copyPlaces(container, copy);
    }
    copy[key] = resolved;
    omitted ||= resolved === OMIT;
    if (typeof item === 'string') movePlace(item, to, copy, key, at);
  }
  if (!omitted || copy === null) return copy ?? container;
  return list ? (copy as unknown as unknown[]).filter((item) => item !== OMIT) : withoutOmitted(copy);
}

function withoutOmitted(map: Container): Container {
  for (const [key, item] of Object.entries(map)) if (item === OMIT) delete map[key];
  return map;
}

/** A value that came from a variable stands where the variable was written, its key where it was. */
function movePlace(
  template: string,
  to: Resolving,
  container: object,
  key: string | number,
  at: Place | undefined,
): void {
  const name = ONE_VARIABLE.exec(template)?.[1];
  const names =
    name === undefined ? [...template.matchAll(/[A-Za-z_]\w*/g)].map((match) => match[0]) : [name];
  const used: Origin[] = [...new Set(names)].flatMap((one) => {
    const place = Object.hasOwn(to.vars, one) ? placeOf(to.vars, one) : undefined;
    return place === undefined ? [] : [{ text: `the variable "${one}"`, place }];
  });
  setOrigin(container, key, template, at, used.slice(0, 5));
  if (name !== undefined && !to.magic.has(name)) copyEntryPlace(to.vars, name, container, key, 'value');
}

function resolveText(text: string, to: Resolving, place: Place | undefined, depth: number): unknown {
  const name = ONE_VARIABLE.exec(text)?.[1];
  if (name !== undefined && !/^(?:true|false|none)$/i.test(name)) {
    try {
      return defined(variable(name, to, place, depth));
    } catch (error) {
      return tell(to, error, place);
    }
  }
  const template = parseTemplate(text);
  if (template.kind === 'problem') return fail(to, place, template.message, template.hint);
  return reading(to, (reads) => {
    const known = recall(text, (read) => readValue(variable(read, to, place, depth)));
    if (known !== undefined) return known.result;
    const errors = to.diagnostics.length;
    const made = runTemplate(template, to, place, depth);
    if (to.diagnostics.length === errors) memorise(text, reads, made);
    return made;
  });
}

/** The value of a parsed template; null, with what is wrong told, where there is none. */
export function runTemplate(
  template: Template,
  to: Resolving,
  place: Place | undefined,
  depth: number,
): unknown {
  if (template.kind === 'problem') return fail(to, place, template.message, template.hint);
  const lookup = (name: string): unknown => {
    const errors = to.diagnostics.length;
    const value = variable(name, to, place, depth);
    if (to.diagnostics.length > errors) throw new AlreadyTold();
    return value;
  };
  const scope: Scope = {
    work: to.work,
    lookup: (name) => (name === 'vars' && !isKnown(to, name) ? allVariables(to, lookup) : lookup(name)),
    plugin: (name, given) => {
      // Noted as read: what a file says depends on where it is looked for.
      const lookups = isKnown(to, LOOKUPS) ? (lookup(LOOKUPS) as Lookups) : undefined;
      return runLookup(name, given, { lookups, variable: lookup });
    },
  };
  try {
    if (template.kind === 'expression') return defined(evaluate(template.node, scope));
    return render(template.body, scope) + (template.lineEnd ? '\n' : '');
  } catch (error) {
    const root = template.kind === 'expression' ? rootName(template.node) : null;
    return tell(to, error, place, root);
  }
}

/** Ansible's `vars`: all variables by their names. */
function allVariables(to: Resolving, lookup: (name: string) => unknown): LazyMap {
  return {
    lazy: true,
    name: 'vars',
    keys: () => Object.keys(to.vars),
    get: (name) => (isKnown(to, name) ? lookup(name) : undefined),
  };
}

/** The value of a variable, its templates resolved; Undefined where there is none. */
export function variable(name: string, to: Resolving, place: Place | undefined, depth: number): unknown {
  const value = isKnown(to, name) ? knownVariable(name, to, place, depth) : undefinedVariable(to, name);
  noteRead(to, name, value);
  return value;
}

function knownVariable(name: string, to: Resolving, place: Place | undefined, depth: number): unknown {
  if (to.magic.has(name)) return to.magic.get(name);
  if (to.variables.has(name)) return to.variables.get(name);
  const from = to.open.indexOf(name);
  if (from >= 0) {
    const cycle = [...to.open.slice(from), name].join(' -> ');
    return fail(to, place, `variables stand for each other: ${cycle}`);
  }
  if (to.open.length > MAX_DEPTH) return fail(to, place, 'templates are nested too deeply');
  to.open.push(name);
  const value = resolve(to.vars[name], to, placeOf(to.vars, name) ?? place, depth + 1);
  to.open.pop();
  to.variables.set(name, value);
  return value;
}
