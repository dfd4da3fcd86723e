import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf, shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Task } from '../model/playbook.ts';
import { INCLUDES, TASK_KEYWORDS } from './keywords.ts';
import { isMap } from './merge.ts';
import { keyPlaceOf, keysInOrder, placeOf } from './places.ts';
import { foundWords } from './schema_words.ts';

interface ParsedTasks {
  readonly tasks: readonly Task[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The tasks of a play, those that are wrong left out. */
export function parseTasks(play: Vars, playPlace: Place, knownModules: readonly string[]): ParsedTasks {
  // The play's schema says that it is missing.
  if (!Object.hasOwn(play, 'tasks')) return { tasks: [], diagnostics: [] };
  const list = play.tasks;
  const place = placeOf(play, 'tasks') ?? playPlace;
  const hint = `a task is "- ${knownModules[0] ?? 'module'}:" with the module's arguments below it`;
  const refuse = (message: string): ParsedTasks => ({
    tasks: [],
    diagnostics: [{ severity: 'error', message, hint, place }],
  });
  if (list === null || (Array.isArray(list) && list.length === 0)) return refuse('the play has no tasks');
  if (!Array.isArray(list)) return refuse(`"tasks" must be a list, found ${foundWords(list)}`);
  const tasks: Task[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of (list as readonly unknown[]).entries()) {
    const parsed = parseTask(item, placeOf(list, index) ?? place, knownModules);
    if (Array.isArray(parsed)) diagnostics.push(...parsed);
    else tasks.push(parsed as Task);
  }
  return { tasks, diagnostics };
}

/** The task, or what is wrong with it. */
function parseTask(value: unknown, place: Place, knownModules: readonly string[]): Task | Diagnostic[] {
  const error = (message: string, hint?: string, at: Place = place): Diagnostic => ({
    severity: 'error',
    message,
    hint,
    place: at,
  });
  if (!isMap(value)) return [error(`a task must be a map, found ${foundWords(value)}`)];
  const keys = keysInOrder(value).filter((key) => key !== 'name');
  const modules = keys.filter((key) => knownModules.includes(key));
  const others = keys.filter((key) => !knownModules.includes(key));
  const wrong = others.map((key) => {
    const { message, hint } = refuseKey(key, modules.length > 0, knownModules);
    return error(message, hint, keyPlaceOf(value, key) ?? place);
  });
  if (Object.hasOwn(value, 'name') && !['string', 'number'].includes(typeof value.name)) {
    wrong.push(
      error(
        `"name" must be a text, found ${foundWords(value.name)}`,
        undefined,
        placeOf(value, 'name') ?? place,
      ),
    );
  }
  const [module, second] = modules;
  if (second !== undefined) {
    const hint = 'make a task of each';
    wrong.push(
      error(
        `a task has one module, this one has ${oneOf(modules, 'and')}`,
        hint,
        keyPlaceOf(value, second) ?? place,
      ),
    );
  }
  if (module === undefined) {
    return wrong.length > 0
      ? wrong
      : [error('the task has no module', `virtune has ${oneOf(knownModules, 'and')}`)];
  }
  if (wrong.length > 0) return wrong;
  const name = value.name === undefined ? module : String(value.name);
  return { name, module, args: value[module], place: keyPlaceOf(value, module) ?? place };
}

function refuseKey(
  key: string,
  hasModule: boolean,
  knownModules: readonly string[],
): { message: string; hint?: string | undefined } {
  if (TASK_KEYWORDS.has(key) || INCLUDES.has(key)) {
    return { message: `"${key}" is not supported yet by virtune`, hint: TASK_KEYWORDS.get(key) };
  }
  const shown = shorten(key);
  if (hasModule) {
    const hint =
      didYouMeanHint(key, ['name', ...TASK_KEYWORDS.keys()]) ??
      'arguments go below the module, indented further';
    return { message: `unknown key "${shown}" in a task`, hint };
  }
  const meant = didYouMeanHint(key, ['name', ...knownModules]);
  return { message: `unknown module "${shown}"`, hint: meant ?? `virtune has ${oneOf(knownModules, 'and')}` };
}
