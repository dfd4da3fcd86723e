import { oneOf } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Condition, Loop, Task, TaskOptions } from '../model/playbook.ts';
import { foundWords } from '../schema/words.ts';
import { resolveKeywords, withoutTold } from '../template/keywords.ts';
import type { Magic } from '../template/state.ts';
import { isMap, mergeLayers } from '../yaml/merge.ts';
import { keyPlaceOf, keysInOrder, placeOf } from '../yaml/places.ts';
import { refuseBlockKey, refuseTaskKey } from './task_keys.ts';
import { BLOCK_KEYS, blockSchema, parseOptions, parseTags, TASK_KEYS, taskSchema } from './task_schema.ts';

interface ParsedTasks {
  readonly tasks: readonly Task[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a task has from the play and the blocks around it. */
export interface Around {
  readonly tags: readonly string[];
  readonly when: readonly Condition[];
  readonly vars: Vars;
  readonly options: TaskOptions;
  /** Variables that keywords may have: those of the play, and extra ones. */
  readonly playVars: Vars;
  readonly magic: Magic;
  readonly knownModules: readonly string[];
}

/** Blocks may stand in blocks; deeper than that it is a mistake. */
const MAX_DEPTH = 50;

/** Keys that are no keywords, whose templates are not for here: modules, and what is refused by its name. */
export function keysBeyond(written: Vars, keywords: readonly string[]): readonly string[] {
  return Object.keys(written).filter((key) => !keywords.includes(key));
}

/** The tasks of a play or a block, those of blocks within in their places, those that are wrong left out. */
export function parseTasks(
  owner: Vars,
  key: 'tasks' | 'block',
  ownerPlace: Place,
  around: Around,
  depth = 0,
): ParsedTasks {
  // The play's schema says that it is missing.
  if (!Object.hasOwn(owner, key)) return { tasks: [], diagnostics: [] };
  const list = owner[key];
  const place = placeOf(owner, key) ?? ownerPlace;
  const hint = `a task is "- ${around.knownModules[0] ?? 'module'}:" with the module's arguments below it`;
  const refuse = (message: string): ParsedTasks => ({
    tasks: [],
    diagnostics: [{ severity: 'error', message, hint, place }],
  });
  if (depth > MAX_DEPTH) return refuse('blocks are nested too deeply');
  if (list === null || (Array.isArray(list) && list.length === 0))
    return refuse(key === 'tasks' ? 'the play has no tasks' : 'the block has no tasks');
  if (!Array.isArray(list)) return refuse(`"${key}" must be a list, found ${foundWords(list)}`);
  const tasks: Task[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of (list as readonly unknown[]).entries()) {
    const at = placeOf(list, index) ?? place;
    const isBlock = isMap(item) && Object.hasOwn(item, 'block');
    const parsed = isBlock ? parseBlock(item, at, around, depth) : parseTask(item, at, around);
    for (const task of parsed.tasks) tasks.push(task);
    for (const diagnostic of parsed.diagnostics) diagnostics.push(diagnostic);
  }
  return { tasks, diagnostics };
}

function parseBlock(written: Vars, place: Place, around: Around, depth: number): ParsedTasks {
  const { value, diagnostics } = resolveKeywords(
    written,
    ['block', 'when', 'vars', ...keysBeyond(written, BLOCK_KEYS)],
    around.playVars,
    around.magic,
  );
  const unknown = keysInOrder(value)
    .filter((key) => !BLOCK_KEYS.includes(key))
    .map(
      (key): Diagnostic => ({
        severity: 'error',
        ...refuseBlockKey(key, around.knownModules),
        place: keyPlaceOf(value, key) ?? place,
      }),
    );
  const wrong = [...diagnostics, ...unknown, ...withoutTold(blockSchema(value, place), diagnostics)];
  const inner = wrong.length > 0 ? around : within(value, around);
  const parsed = parseTasks(value, 'block', place, inner, depth + 1);
  return { tasks: wrong.length > 0 ? [] : parsed.tasks, diagnostics: [...wrong, ...parsed.diagnostics] };
}

/** What holds for a task or the tasks of a block; its own variables over those around it. */
function within(value: Vars, around: Around): Around {
  return {
    ...around,
    tags: [...new Set([...around.tags, ...parseTags(value.tags)])],
    when: [...around.when, ...parseWhen(value)],
    vars: isMap(value.vars) ? mergeLayers([around.vars, value.vars]) : around.vars,
    options: parseOptions(value, around.options),
  };
}

function parseWhen(value: Vars): readonly Condition[] {
  if (!Object.hasOwn(value, 'when')) return [];
  const { when } = value;
  if (!Array.isArray(when)) return [{ text: when as string | boolean, place: placeOf(value, 'when') }];
  return (when as readonly (string | boolean)[]).map((text, index) => ({
    text,
    place: placeOf(when, index),
  }));
}

function parseTask(written: unknown, place: Place, around: Around): ParsedTasks {
  const { knownModules, playVars, magic } = around;
  const error = (message: string, hint?: string, at: Place = place): Diagnostic => ({
    severity: 'error',
    message,
    hint,
    place: at,
  });
  if (!isMap(written))
    return { tasks: [], diagnostics: [error(`a task must be a map, found ${foundWords(written)}`)] };
  const later = [...keysBeyond(written, TASK_KEYS), 'when', 'vars', 'loop', 'loop_control'];
  const { value, diagnostics } = resolveKeywords(written, later, playVars, magic);
  const keys = keysInOrder(value).filter((key) => !TASK_KEYS.includes(key));
  const modules = keys.filter((key) => knownModules.includes(key));
  const others = keys.filter((key) => !knownModules.includes(key));
  const wrong = others.map((key) => {
    const { message, hint } = refuseTaskKey(key, modules.length > 0, knownModules);
    return error(message, hint, keyPlaceOf(value, key) ?? place);
  });
  wrong.push(...diagnostics, ...withoutTold(taskSchema(value, place), diagnostics));
  const [module, second] = modules;
  if (second !== undefined) {
    const message = `a task has one module, this one has ${oneOf(modules, 'and')}`;
    wrong.push(error(message, 'make a task of each', keyPlaceOf(value, second) ?? place));
  }
  if (module === undefined && wrong.length === 0)
    wrong.push(error('the task has no module', `virtune has ${oneOf(knownModules, 'and')}`));
  if (module === undefined || wrong.length > 0) return { tasks: [], diagnostics: wrong };
  const { tags, when, vars, options } = within(value, around);
  const loop = parseLoop(value, place);
  const task: Task = {
    name: value.name === undefined ? module : String(value.name),
    module,
    args: value[module],
    place: keyPlaceOf(value, module) ?? place,
    ...(tags.length > 0 ? { tags } : {}),
    ...(when.length > 0 ? { when } : {}),
    ...(Object.keys(vars).length > 0 ? { vars } : {}),
    ...(loop === null ? {} : { loop }),
    ...(Object.keys(options).length > 0 ? { options } : {}),
  };
  return { tasks: [task], diagnostics: [] };
}

function parseLoop(value: Vars, place: Place): Loop | null {
  if (!Object.hasOwn(value, 'loop')) return null;
  const control = isMap(value.loop_control) ? value.loop_control : {};
  return {
    list: value.loop,
    place: placeOf(value, 'loop') ?? place,
    variable: typeof control.loop_var === 'string' ? control.loop_var : 'item',
    ...(typeof control.index_var === 'string' ? { indexVariable: control.index_var } : {}),
  };
}
