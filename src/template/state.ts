import { didYouMeanHint } from '../base/suggest.ts';
import { AlreadyTold, TemplateProblem } from '../jinja/problem.ts';
import { Undefined } from '../jinja/value.ts';
import { MAX_STEPS, type Work } from '../jinja/work.ts';
import type { Diagnostic, Origin, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { placeOf } from '../yaml/places.ts';

/** Names beside the variables of a host, which nothing overrides: groups, hostvars, omit. */
export type Magic = ReadonlyMap<string, unknown>;

/** One call of resolveTemplates, or the variables of one host within hostvars. */
export interface Resolving {
  readonly vars: Vars;
  readonly magic: Magic;
  readonly diagnostics: Diagnostic[];
  readonly work: Work;
  /** Names of the variables whose values are being resolved, outermost first. */
  readonly open: string[];
  readonly variables: Map<string, unknown>;
  readonly done: Map<object, unknown>;
  /** What templates have read, the innermost one last. */
  readonly reads: Map<string, unknown>[];
}

export function newState(vars: Vars, magic: Magic = new Map()): Resolving {
  return {
    vars,
    magic,
    diagnostics: [],
    work: { left: MAX_STEPS },
    open: [],
    variables: new Map(),
    done: new Map(),
    reads: [],
  };
}

/** Reads of names that are not there have this value. */
const MISSING = Symbol('missing');

export function noteRead(to: Resolving, name: string, value: unknown): void {
  to.reads.at(-1)?.set(name, value instanceof Undefined ? MISSING : value);
}

/** Runs something with its reads apart; those around it then have them too. */
export function reading<T>(to: Resolving, run: (reads: Map<string, unknown>) => T): T {
  const reads = new Map<string, unknown>();
  to.reads.push(reads);
  try {
    return run(reads);
  } finally {
    to.reads.pop();
    const around = to.reads.at(-1);
    if (around !== undefined)
      for (const [name, value] of reads) if (!around.has(name)) around.set(name, value);
  }
}

/** What a variable is for the memo: its value, or that there is none. */
export function readValue(value: unknown): unknown {
  return value instanceof Undefined ? MISSING : value;
}

export function isKnown(to: Resolving, name: string): boolean {
  return to.magic.has(name) || Object.hasOwn(to.vars, name);
}

export function undefinedVariable(to: Resolving, name: string): Undefined {
  const names = [...Object.keys(to.vars), ...to.magic.keys()].filter((one) => !one.startsWith(' '));
  const hint =
    didYouMeanHint(name, names) ?? NOT_HERE.get(name) ?? 'define it in the inventory, the play or with -e';
  return new Undefined(new TemplateProblem(`the variable "${name}" is not defined`, hint, true));
}

/** What Ansible's users may expect, and why it is not there. */
const NOT_HERE: ReadonlyMap<string, string> = new Map([
  ['ansible_playbook_python', 'virtune has no Python: set what you need in the inventory'],
  ['ansible_env', 'virtune gathers no facts: lookup("env", "NAME") reads this machine\'s environment'],
  ...[
    'ansible_facts',
    'ansible_date_time',
    'ansible_hostname',
    'ansible_fqdn',
    'ansible_distribution',
    'ansible_default_ipv4',
    'ansible_memtotal_mb',
  ].map((name) => [name, 'virtune gathers no facts: set what you need in the inventory'] as const),
]);

/** Tells what is wrong with a template. What is told already is not told again. */
export function tell(
  to: Resolving,
  error: unknown,
  place: Place | undefined,
  root: string | null = null,
): null {
  if (error instanceof AlreadyTold) return null;
  if (error instanceof TemplateProblem) {
    const at = root === null ? undefined : placeOf(to.vars, root);
    const from: Origin[] = at === undefined ? [] : [{ text: `the variable "${root}"`, place: at }];
    return fail(to, place, error.message, error.hint, { missing: error.missing, from });
  }
  if (error instanceof RangeError) return fail(to, place, 'templates are nested too deeply');
  throw error;
}

export function fail(
  to: Resolving,
  place: Place | undefined,
  message: string,
  hint?: string,
  more: { readonly missing?: boolean; readonly from?: readonly Origin[] } = {},
): null {
  to.diagnostics.push({
    severity: 'error',
    message,
    hint,
    place,
    ...(more.missing ? { missing: true } : {}),
    ...(more.from !== undefined && more.from.length > 0 ? { from: more.from } : {}),
  });
  return null;
}
