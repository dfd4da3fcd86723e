import type { HostTask } from '../engine/job.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play, Task } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';
import type { AnyModule, RuleInfo } from '../modules/module.ts';
import { conditionsHold } from '../template/condition.ts';
import { withoutTold } from '../template/keywords.ts';
import { withOrigins, withoutEmpty } from '../template/origin.ts';
import { resolveTemplates } from '../template/resolve.ts';
import type { Magic } from '../template/state.ts';
import { holdsEncrypted } from '../yaml/encrypted.ts';
import { mergeLayers } from '../yaml/merge.ts';
import { copyEntryPlace, copyPlaces } from '../yaml/places.ts';
import { loopTurns } from './loop.ts';
import { octalErrors } from './octals.ts';

/** What a task is for one host: none where a condition does not hold, several with a loop. */
export interface CompiledTask {
  readonly tasks: readonly HostTask[];
  readonly rules: readonly RuleInfo[];
  readonly diagnostics: readonly Diagnostic[];
}

export type TaskCompiler = (host: string, vars: Vars, magic: Magic) => CompiledTask;

/** @param varsOf all variables that hold for a host in a play */
export function taskCompiler(
  task: Task,
  play: Play,
  varsOf: (host: string, play: Play) => Vars,
): TaskCompiler {
  const compileArgs = argsCompiler(task);
  // Variables of a task stand over those of its play, and below extra variables.
  const own = task.vars && {
    ...play,
    vars: mergeLayers([play.vars, task.vars]),
    taskVars: task.vars,
  };
  return (host, playVars, magic) => {
    const vars = own === undefined ? playVars : varsOf(host, own);
    const when = task.when ?? [];
    const { turns, diagnostics: ofLoop } = loopTurns(task.loop, vars, magic);
    if (ofLoop.length > 0) {
      // As in Ansible: where the condition does not hold anyway, the list need not be there.
      const without = conditionsHold(when, vars, magic);
      const skipped = without.diagnostics.length === 0 && !without.holds;
      return { tasks: [], rules: [], diagnostics: skipped ? [] : ofLoop };
    }
    const parts = turns.map((names): CompiledTask => {
      const scope = names === null ? magic : new Map([...magic, ...names]);
      const { holds, diagnostics } = conditionsHold(when, vars, scope);
      if (diagnostics.length > 0 || !holds) return { tasks: [], rules: [], diagnostics };
      return compileArgs(vars, scope);
    });
    const [only] = parts;
    if (parts.length === 1 && only !== undefined) return only;
    return {
      tasks: parts.flatMap((part) => part.tasks),
      rules: parts.flatMap((part) => part.rules),
      diagnostics: parts.flatMap((part) => part.diagnostics),
    };
  };
}

type Args = Readonly<Record<string, unknown>>;

/** Hosts of a group share their rules: arguments whose values are the very same objects are validated once. */
function argsCompiler(task: Task): (vars: Vars, magic: Magic) => CompiledTask {
  const module = MODULES.find((candidate) => candidate.name === task.module) as AnyModule;
  const known = new Map<unknown, { readonly args: Args; readonly compiled: CompiledTask }[]>();
  return (vars, magic) => {
    const { value, diagnostics } = resolveTemplates(
      withVariables(task.args, module, vars),
      vars,
      task.place,
      magic,
    );
    if (hasErrors(diagnostics)) {
      // What else is wrong is told as well, but not of what the templates should have made.
      const found = withoutEmpty(module.parse(value).diagnostics, value);
      const others = withoutTold(withOrigins(found, value), diagnostics);
      return { tasks: [], rules: [], diagnostics: [...diagnostics, ...others] };
    }
    const args = typeof value === 'object' && value !== null ? (value as Args) : {};
    const first = Object.values(args)[0];
    const twins = known.get(first) ?? [];
    const twin = twins.find((entry) => sameMembers(entry.args, args));
    if (twin !== undefined) return twin.compiled;
    const parsed = module.parse(value);
    const octals = octalErrors(value);
    const told = octals.length > 0 ? octals : ofWhole(parsed.diagnostics, value, task);
    const found = ofHidden(withOrigins(told, value), value);
    const compiled: CompiledTask =
      parsed.args === null || octals.length > 0
        ? { tasks: [], rules: [], diagnostics: found }
        : {
            tasks: [
              { name: task.name, module, args: parsed.args, ...(task.options && { options: task.options }) },
            ],
            rules: module.rules(parsed.args),
            diagnostics: found,
          };
    known.set(first, [...twins, { args, compiled }]);
    return compiled;
  };
}

/** Arguments that are no map have no place of their own, and no name but the module's. */
function ofWhole(found: readonly Diagnostic[], value: unknown, task: Task): readonly Diagnostic[] {
  if (typeof value === 'object' && value !== null) return found;
  return found.map((one) => ({
    ...one,
    message: one.message.replace(/^the value /, `"${task.module}" `),
    place: one.place ?? task.place,
  }));
}

/** What is said of a value that could not be opened is of no worth. */
export function ofHidden(found: readonly Diagnostic[], value: unknown): readonly Diagnostic[] {
  return holdsEncrypted(value) ? found.map((one) => ({ ...one, missing: true })) : found;
}

/** Arguments that the task does not give, from the variables that stand for them. */
function withVariables(args: unknown, module: AnyModule, vars: Vars): unknown {
  if (typeof args !== 'object' || args === null || Array.isArray(args)) return args;
  const missing = Object.entries(module.variables ?? {}).filter(
    ([argument, variable]) => !Object.hasOwn(args, argument) && Object.hasOwn(vars, variable),
  );
  if (missing.length === 0) return args;
  const full: Record<string, unknown> = { ...args };
  copyPlaces(args, full);
  for (const [argument, variable] of missing) {
    full[argument] = vars[variable];
    copyEntryPlace(vars, variable, full, argument);
  }
  return full;
}

function sameMembers(a: Args, b: Args): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => Object.is(a[key], b[key]));
}
