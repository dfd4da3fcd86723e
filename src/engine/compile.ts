import { type ConnectionOptions, connectionTarget } from '../connection/target.ts';
import { SAFE_URI } from '../libvirt/script.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play, Task } from '../model/playbook.ts';
import { type AnyModule, MODULES } from '../modules/index.ts';
import type { RuleInfo } from '../modules/module.ts';
import { copyPlaces, placeOf } from '../parse/places.ts';
import { resolveTemplates } from '../parse/template.ts';
import { toBatches } from './batches.ts';
import { type HostJob, type HostTask, type PlayJob, ruleKey } from './job.ts';

export interface CompileInput {
  readonly plays: readonly Play[];
  /** Names of the hosts of a play, in inventory order, with `--limit` taken into account. */
  readonly hostsOf: (play: Play) => readonly string[];
  /** All variables that hold for a host in a play. */
  readonly varsOf: (host: string, play: Play) => Vars;
  readonly connection: ConnectionOptions;
}

export interface Compiled {
  readonly plays: readonly PlayJob[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Resolves everything that the files tell, for every host: variables, templates, arguments, connections. After this
 * nothing can fail for the user's input any more, and no host has been contacted yet.
 */
export function compile(input: CompileInput): Compiled {
  const diagnostics = new Map<string, { first: Diagnostic; hosts: string[] }>();
  const note = (host: string, found: readonly Diagnostic[]) => {
    for (const diagnostic of found) {
      const { severity, message, place } = diagnostic;
      const key = `${severity}\0${message}\0${place?.file}\0${place?.line}\0${place?.column}`;
      const seen = diagnostics.get(key);
      if (seen === undefined) diagnostics.set(key, { first: diagnostic, hosts: [host] });
      else seen.hosts.push(host);
    }
  };
  const plays = input.plays.map((play) => compilePlay(play, input, note));
  return { plays, diagnostics: [...diagnostics.values()].map(withHosts) };
}

/** One mistake in a group's variables is one error, however many hosts have it. */
function withHosts({ first, hosts }: { first: Diagnostic; hosts: readonly string[] }): Diagnostic {
  const [host, ...others] = hosts;
  if (host === undefined || first.message.includes(host)) return first;
  return {
    ...first,
    message: `${first.message} (host ${host}${others.length > 0 ? ` and ${others.length} more` : ''})`,
  };
}

type Note = (host: string, found: readonly Diagnostic[]) => void;

function compilePlay(play: Play, input: CompileInput, note: Note): PlayJob {
  const compilers = play.tasks.map((task) => taskCompiler(task));
  const rules = new Map<string, RuleInfo>();
  const jobs: HostJob[] = [];
  for (const host of input.hostsOf(play)) {
    const vars = input.varsOf(host, play);
    const connection = connectionVars(vars);
    note(host, connection.diagnostics);
    const { target, diagnostics } = connectionTarget(host, connection.vars, { ...input.connection, placeOf });
    note(host, diagnostics);
    const uri = hostUri(connection.vars);
    if (typeof uri !== 'string') note(host, [uri]);
    const tasks: HostTask[] = [];
    for (const compileTask of compilers) {
      const compiled = compileTask(vars);
      note(host, compiled.diagnostics);
      if (compiled.task === null) continue;
      tasks.push(compiled.task);
      for (const rule of compiled.rules) rules.set(ruleKey(rule), rule);
    }
    if (target !== null && typeof uri === 'string') jobs.push({ name: host, target, uri, tasks });
  }
  return { play, batches: toBatches(jobs, play.serial), rules: [...rules.values()] };
}

interface CompiledTask {
  readonly task: HostTask | null;
  readonly rules: readonly RuleInfo[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Hosts of a group share their rules: arguments whose values are the very same objects are validated once. */
function taskCompiler(task: Task): (vars: Vars) => CompiledTask {
  const module = MODULES.find((candidate) => candidate.name === task.module) as AnyModule;
  const known: { readonly args: Readonly<Record<string, unknown>>; readonly compiled: CompiledTask }[] = [];
  return (vars) => {
    const { value, diagnostics } = resolveTemplates(task.args, vars);
    if (diagnostics.some((d) => d.severity === 'error')) return { task: null, rules: [], diagnostics };
    const args = typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
    const twin = known.find((entry) => sameMembers(entry.args, args));
    if (twin !== undefined) return twin.compiled;
    const parsed = module.parse(value);
    const compiled: CompiledTask =
      parsed.args === null
        ? { task: null, rules: [], diagnostics: parsed.diagnostics }
        : {
            task: { module, args: parsed.args },
            rules: module.rules(parsed.args),
            diagnostics: parsed.diagnostics,
          };
    known.push({ args, compiled });
    return compiled;
  };
}

/** The same plays with the arguments of every task changed: for what only the command line can say. */
export function editArgs<A>(plays: readonly PlayJob[], edit: (args: A) => A): readonly PlayJob[] {
  const editJob = (job: HostJob): HostJob => ({
    ...job,
    tasks: job.tasks.map((task) => ({ ...task, args: edit(task.args as A) })),
  });
  return plays.map((play) => ({ ...play, batches: play.batches.map((batch) => batch.map(editJob)) }));
}

function sameMembers(a: Readonly<Record<string, unknown>>, b: Readonly<Record<string, unknown>>): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}

/** The variables that say how to reach a host, templates resolved; the others are none of a connection's business. */
function connectionVars(vars: Vars): { readonly vars: Vars; readonly diagnostics: readonly Diagnostic[] } {
  const entries = Object.entries(vars).filter(([name]) => /^(?:ansible_|virtune_|libvirt_uri$)/.test(name));
  const picked = Object.fromEntries(entries);
  copyPlaces(vars, picked);
  const { value, diagnostics } = resolveTemplates(picked, vars);
  return { vars: value as Vars, diagnostics };
}

const DEFAULT_URI = 'qemu:///system';

function hostUri(vars: Vars): string | Diagnostic {
  const uri = Object.hasOwn(vars, 'libvirt_uri') ? vars.libvirt_uri : DEFAULT_URI;
  if (typeof uri === 'string' && SAFE_URI.test(uri)) return uri;
  return {
    severity: 'error',
    message: `libvirt_uri ${JSON.stringify(uri)} is not a libvirt connection URI`,
    hint: `the default is ${DEFAULT_URI}`,
    place: placeOf(vars, 'libvirt_uri'),
  };
}
