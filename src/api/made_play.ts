import { inputError } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { MODULES } from '../modules/index.ts';

const PLACE = { file: '', line: 0, column: 0 };

/** A task of a play that a command makes. */
export interface MadeTask {
  readonly module: string;
  readonly args: object;
}

/** The play of a command that needs no playbook, for the hosts that a pattern names. */
export function madePlay(name: string, hosts: string, tasks: readonly MadeTask[], defaults?: Vars): Play {
  return {
    name,
    file: '',
    place: PLACE,
    hosts,
    hostsPlace: PLACE,
    vars: {},
    ...(defaults === undefined ? {} : { defaults }),
    tasks: tasks.map(({ module, args }) => ({ name, module, args, place: PLACE })),
  };
}

/** The kinds of limits that there are: `nic`, `cpu`, … */
export const KINDS = MODULES.map(({ kind }) => kind);

/**
 * A task for each module, or for those of some kinds, with no rules: what they find is all that is asked.
 * @throws a DiagnosticError where a kind is none
 */
export function readingTasks(kinds?: readonly string[]): readonly MadeTask[] {
  const unknown = kinds?.find((kind) => !KINDS.includes(kind));
  if (unknown !== undefined) throw inputError(`there is no kind "${unknown}"`, `kinds: ${KINDS.join(', ')}`);
  return MODULES.filter(({ kind }) => kinds === undefined || kinds.includes(kind)).map(({ name }) => ({
    module: name,
    args: { rules: [] },
  }));
}

/** A task for each module with the rules of the variable that is called as it. */
export function variableTasks(): readonly MadeTask[] {
  return MODULES.map(({ name }) => ({ module: name, args: { rules: `{{ ${name} | default([]) }}` } }));
}
