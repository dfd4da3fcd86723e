import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf, shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play, Task } from '../model/playbook.ts';
import { INCLUDES, PLAY_KEYWORDS } from './keywords.ts';
import { isMap } from './merge.ts';
import { keyPlaceOf, keysInOrder, placeOf } from './places.ts';
import { PLAY_KEYS, parseMaxFailPercentage, parseSerial, playSchema } from './play_schema.ts';
import { foundWords } from './schema_words.ts';
import { parseTasks } from './tasks.ts';

export interface ParsedPlaybook {
  /** Without those that are wrong. */
  readonly plays: readonly Play[];
  readonly diagnostics: readonly Diagnostic[];
}

const AN_EXAMPLE = 'a playbook is a list of plays: "- hosts: all", with "tasks:" below it';

/**
 * Reads a playbook: a list of plays with hosts, vars, serial, max_fail_percentage and tasks, each task with one
 * module. What Ansible has beyond that is refused by its name.
 * @param value from parseYaml; places come from it
 * @param knownModules names that may stand as a task's module
 */
export function parsePlaybook(value: unknown, file: string, knownModules: readonly string[]): ParsedPlaybook {
  const start: Place = { file, line: 1, column: 1 };
  const refuse = (message: string, place: Place | undefined): ParsedPlaybook => ({
    plays: [],
    diagnostics: [{ severity: 'error', message, hint: AN_EXAMPLE, place: place ?? start }],
  });
  if (value === null || (Array.isArray(value) && value.length === 0))
    return refuse('the playbook is empty', placeOf(value));
  if (!Array.isArray(value))
    return refuse(`a playbook must be a list of plays, found ${foundWords(value)}`, placeOf(value));
  const plays: Play[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of (value as readonly unknown[]).entries()) {
    const place = placeOf(value, index) ?? start;
    const parsed = parsePlay(item, place, knownModules);
    diagnostics.push(...parsed.diagnostics);
    if (parsed.play !== null) plays.push(parsed.play);
  }
  return { plays, diagnostics };
}

interface ParsedPlay {
  readonly play: Play | null;
  readonly diagnostics: readonly Diagnostic[];
}

function parsePlay(value: unknown, place: Place, knownModules: readonly string[]): ParsedPlay {
  if (!isMap(value)) {
    const message = `a play must be a map, found ${foundWords(value)}`;
    return { play: null, diagnostics: [{ severity: 'error', message, hint: AN_EXAMPLE, place }] };
  }
  const include = Object.keys(value).find((key) => INCLUDES.has(key));
  if (include !== undefined) {
    const message = `"${include}" is not supported yet by virtune`;
    const hint = 'give several playbooks on the command line';
    return {
      play: null,
      diagnostics: [{ severity: 'error', message, hint, place: keyPlaceOf(value, include) ?? place }],
    };
  }
  const { tasks, diagnostics: ofTasks } = parseTasks(value, place, knownModules);
  const diagnostics = [...unknownKeys(value, knownModules), ...playSchema(value, place), ...ofTasks];
  if (diagnostics.some((d) => d.severity === 'error')) return { play: null, diagnostics };
  return { play: toPlay(value, place, tasks), diagnostics };
}

function unknownKeys(value: Vars, knownModules: readonly string[]): Diagnostic[] {
  return keysInOrder(value)
    .filter((key) => !(PLAY_KEYS as readonly string[]).includes(key))
    .map((key) => {
      const known = PLAY_KEYWORDS.has(key);
      const message = known
        ? `"${key}" is not supported yet by virtune`
        : `unknown key "${shorten(key)}" in a play`;
      const hint = known
        ? PLAY_KEYWORDS.get(key)
        : knownModules.includes(key)
          ? 'a module goes into a task, below "tasks:"'
          : (didYouMeanHint(key, [...PLAY_KEYS, ...PLAY_KEYWORDS.keys()]) ??
            `a play has ${oneOf(PLAY_KEYS, 'and')}`);
      return { severity: 'error', message, hint, place: keyPlaceOf(value, key) };
    });
}

/** Checked by the schema before: the casts hold. */
function toPlay(value: Vars, place: Place, tasks: readonly Task[]): Play {
  const hosts = [value.hosts].flat().join(',');
  const hostsPlace = placeOf(value, 'hosts') ?? place;
  const serial = parseSerial(value.serial);
  const maxFailPercentage = parseMaxFailPercentage(value.max_fail_percentage);
  return {
    name: typeof value.name === 'string' ? value.name : hosts,
    file: place.file,
    place,
    hosts,
    hostsPlace,
    vars: isMap(value.vars) ? value.vars : {},
    ...(serial === undefined ? {} : { serial }),
    ...(maxFailPercentage === undefined ? {} : { maxFailPercentage }),
    tasks,
  };
}
