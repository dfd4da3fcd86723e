import { didYouMean } from '../base/suggest.ts';
import type { Names } from '../jinja/names.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Loop, Play } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';
import { conditionNames, joined, templateNames } from '../template/names.ts';
import { openOnDemandKeys } from '../yaml/encrypted.ts';
import { keyPlaceOf } from '../yaml/places.ts';

/** Those that misspelt.ts looks at, and those of other programs. */
const OTHERS = /^(?:ansible|virtune|libvirt)_|^.{0,4}$/;
const NEAR = 2;

export type UnreadFinder = (vars: Vars, isKnown: (name: string) => boolean) => readonly Diagnostic[];

/**
 * Finds variables of a host that hold something for these plays and that none of them reads: one that is nearly
 * called as one that a play asks for and this host has not, and rules of a module that no task is for.
 * @param plays all of the run, whatever `--tags` leaves out
 * @param extraVars what is given there is meant for this very run
 */
export function unreadFinder(plays: readonly Play[], extraVars: Vars): UnreadFinder {
  const direct = joined(plays.map(namesOfPlay));
  const meantBy = new Map<string, string | null>();
  const ofModules = MODULES.map(({ name }) => name);
  const withTask = new Set(plays.flatMap(({ tasks }) => tasks.map(({ module }) => module)));
  return (vars, isKnown) => {
    const { read, texts } = reached(direct, vars);
    const isRead = (name: string) => read.has(name) || texts.has(name);
    const missing = [...read].filter(
      (name) => !Object.hasOwn(vars, name) && !texts.has(name) && !isKnown(name),
    );
    const warnings: Diagnostic[] = [];
    for (const name of missing.length === 0 ? [] : Object.keys(vars)) {
      if (OTHERS.test(name) || isRead(name) || ofModules.includes(name)) continue;
      const key = `${name}\0${missing.join('\0')}`;
      const meant = meantBy.get(key) ?? didYouMean(name, missing, NEAR);
      meantBy.set(key, meant);
      if (meant !== null) warnings.push(unread(vars, name, 'warning', `did you mean ${meant}?`));
    }
    for (const name of ofModules) {
      if (!Object.hasOwn(vars, name) || isRead(name) || isEmpty(vars, name)) continue;
      const meant = Object.hasOwn(extraVars, name);
      // A task with rules of its own needs none of the inventory.
      if (withTask.has(name) && !meant) continue;
      // Beside an inventory there may be a playbook for each kind of limits.
      const severity = meant ? 'warning' : 'note';
      const hint = withTask.has(name)
        ? `the tasks of ${name} have other rules: "{{ ${name} }}" reads it`
        : `no task reads it: add one of ${name}, or run playbooks/limits.yml of the package, which has one for each module`;
      warnings.push(unread(vars, name, severity, hint));
    }
    return warnings;
  };
}

function unread(vars: Vars, name: string, severity: Diagnostic['severity'], hint: string): Diagnostic {
  return { severity, message: `nothing reads the variable ${name}`, hint, place: keyPlaceOf(vars, name) };
}

function namesOfPlay(play: Play): Names {
  const ofVariables = MODULES.flatMap(({ variables }) => Object.values(variables ?? {}));
  return joined([
    { read: new Set(), texts: new Set(ofVariables) },
    templateNames([play.vars, play.defaults, play.varsFiles?.map(({ names }) => names)]),
    ...play.tasks.flatMap(({ args, vars, loop, when = [] }) => [
      templateNames([args, vars, loop?.list]),
      ...when.map(({ text }) => (typeof text === 'string' ? conditionNames(text) : templateNames(null))),
      { read: new Set<string>(), texts: new Set(namesOfTask(loop, vars)) },
    ]),
  ]);
}

/** `scan` writes a list for each module, most of them empty. */
function isEmpty(vars: Vars, name: string): boolean {
  const value = openOnDemandKeys(vars)?.has(name) ? null : vars[name];
  return Array.isArray(value) && value.length === 0;
}

/** Names that a task gives itself. */
function namesOfTask(loop: Loop | undefined, vars: Vars = {}): readonly string[] {
  return [loop?.variable ?? '', loop?.indexVariable ?? '', ...Object.keys(vars)];
}

/** With what the variables that are read read in turn; nothing encrypted is opened for it. */
function reached(direct: Names, vars: Vars): Names {
  const closed = openOnDemandKeys(vars);
  const read = new Set(direct.read);
  const texts = new Set(direct.texts);
  for (const name of read) {
    if (!Object.hasOwn(vars, name) || closed?.has(name)) continue;
    const inner = templateNames(vars[name]);
    for (const one of inner.read) read.add(one);
    for (const one of inner.texts) texts.add(one);
  }
  return { read, texts };
}
