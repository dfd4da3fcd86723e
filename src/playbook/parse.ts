import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf, shorten } from '../base/text.ts';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { HostOrder, Play, Task, VarsFile } from '../model/playbook.ts';
import { foundWords } from '../schema/words.ts';
import { resolveKeywords, withoutTold } from '../template/keywords.ts';
import type { Magic } from '../template/state.ts';
import { isMap, mergeLayers } from '../yaml/merge.ts';
import { copyPlaces, keyPlaceOf, keysInOrder, placeOf } from '../yaml/places.ts';
import { INCLUDES, PLAY_KEYWORDS } from './keywords.ts';
import { CONNECTION_KEYWORDS, connectionDefaults } from './play_connection.ts';
import { PLAY_KEYS, parseMaxFailPercentage, parsePause, parseSerial, playSchema } from './play_schema.ts';
import { parseOptions, parseTags } from './task_schema.ts';
import { keysBeyond, parseTasks } from './tasks.ts';

export interface ParsedPlaybook {
  /** Without those that are wrong. */
  readonly plays: readonly Play[];
  /** Those that are wrong, as far as they go: good for finding more mistakes, and never to be run. */
  readonly wrong: readonly Play[];
  readonly diagnostics: readonly Diagnostic[];
}

const AN_EXAMPLE = 'a playbook is a list of plays: "- hosts: all", with "tasks:" below it';

/**
 * Reads a playbook: a list of plays with their keywords and tasks, each task with one module. What Ansible has beyond
 * that is refused by its name.
 * @param value from parseYaml; places come from it
 * @param knownModules names that may stand as a task's module
 * @param extraVars for templates in keywords
 * @param magic names for these that hold for the whole run
 */
export function parsePlaybook(
  value: unknown,
  file: string,
  knownModules: readonly string[],
  extraVars: Vars = {},
  magic: Magic = new Map(),
): ParsedPlaybook {
  const start: Place = { file, line: 1, column: 1 };
  const refuse = (message: string, place: Place | undefined): ParsedPlaybook => ({
    plays: [],
    wrong: [],
    diagnostics: [{ severity: 'error', message, hint: AN_EXAMPLE, place: place ?? start }],
  });
  if (value === null || (Array.isArray(value) && value.length === 0))
    return refuse('the playbook is empty', placeOf(value));
  if (!Array.isArray(value))
    return refuse(`a playbook must be a list of plays, found ${foundWords(value)}`, placeOf(value));
  const plays: Play[] = [];
  const wrong: Play[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const [index, item] of (value as readonly unknown[]).entries()) {
    const place = placeOf(value, index) ?? start;
    const parsed = parsePlay(item, place, { knownModules, extraVars, magic });
    diagnostics.push(...parsed.diagnostics);
    if (parsed.play !== null) (hasErrors(parsed.diagnostics) ? wrong : plays).push(parsed.play);
  }
  return { plays, wrong, diagnostics };
}

interface ParsedPlay {
  readonly play: Play | null;
  readonly diagnostics: readonly Diagnostic[];
}

interface PlayContext {
  readonly knownModules: readonly string[];
  readonly extraVars: Vars;
  readonly magic: Magic;
}

function parsePlay(
  written: unknown,
  place: Place,
  { knownModules, extraVars, magic }: PlayContext,
): ParsedPlay {
  if (!isMap(written)) {
    const message = `a play must be a map, found ${foundWords(written)}`;
    return { play: null, diagnostics: [{ severity: 'error', message, hint: AN_EXAMPLE, place }] };
  }
  const include = Object.keys(written).find((key) => INCLUDES.has(key));
  if (include !== undefined) {
    const message = `"${include}" is not supported yet by virtune`;
    const hint = 'give several playbooks on the command line';
    return {
      play: null,
      diagnostics: [{ severity: 'error', message, hint, place: keyPlaceOf(written, include) ?? place }],
    };
  }
  const playVars = mergeLayers([isMap(written.vars) ? written.vars : {}, extraVars]);
  const { value, diagnostics: ofTemplates } = resolveKeywords(
    written,
    ['vars', 'vars_files', 'tasks', ...CONNECTION_KEYWORDS, ...keysBeyond(written, PLAY_KEYS)],
    playVars,
    magic,
  );
  const ofSchema = withoutTold(playSchema(value, place), ofTemplates);
  const ofKeys = [...unknownKeys(value, knownModules), ...ofTemplates, ...ofSchema];
  const right = ofKeys.length === 0;
  const around = {
    tags: right ? parseTags(value.tags) : [],
    when: [],
    vars: {},
    options: right ? parseOptions(value, {}) : {},
    playVars,
    magic,
    knownModules,
  };
  const { tasks, diagnostics: ofTasks } = parseTasks(value, 'tasks', place, around);
  const diagnostics = [...ofKeys, ...ofTasks];
  if (!hasErrors(diagnostics)) return { play: toPlay(value, place, tasks), diagnostics };
  const hasHosts = typeof value.hosts === 'string' && value.hosts !== '' && !value.hosts.includes('{{');
  if (!hasHosts) return { play: null, diagnostics };
  const { hosts, vars = {}, vars_files: files } = value;
  const kept = [files].flat(2).every((name) => typeof name === 'string') ? { vars_files: files } : {};
  const draft = { hosts, vars, ...kept };
  copyPlaces(value, draft);
  return { play: toPlay(draft, place, tasks), diagnostics };
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
  const pause = parsePause(value.pause);
  const varsFiles = parseVarsFiles(value, place);
  const tags = parseTags(value.tags);
  const defaults = connectionDefaults(value);
  return {
    name: value.name === undefined ? hosts : String(value.name),
    file: place.file,
    place,
    hosts,
    hostsPlace,
    vars: isMap(value.vars) ? value.vars : {},
    ...(defaults === undefined ? {} : { defaults }),
    ...(serial === undefined ? {} : { serial }),
    ...(maxFailPercentage === undefined ? {} : { maxFailPercentage }),
    ...(pause === undefined ? {} : { pause }),
    ...(varsFiles.length === 0 ? {} : { varsFiles }),
    ...(value.order === undefined ? {} : { order: value.order as HostOrder }),
    ...(tags.length === 0 ? {} : { tags }),
    tasks,
  };
}

function parseVarsFiles(value: Vars, place: Place): readonly VarsFile[] {
  const list = value.vars_files;
  if (list === undefined || list === null) return [];
  if (!Array.isArray(list)) return [{ names: [String(list)], place: placeOf(value, 'vars_files') ?? place }];
  return (list as readonly (string | readonly string[])[]).map((entry, index) => ({
    names: [entry].flat(),
    place: placeOf(list, index) ?? place,
  }));
}
