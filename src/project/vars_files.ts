import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import type { Play, VarsFile } from '../model/playbook.ts';
import { foundWords } from '../schema/words.ts';
import { resolveTemplates } from '../template/resolve.ts';
import type { Magic } from '../template/state.ts';
import { isMap, mergeLayers } from '../yaml/merge.ts';
import { placeOf } from '../yaml/places.ts';
import { explainFileError } from './files.ts';
import { noteRead } from './reads.ts';

export interface LoadedVarsFiles {
  /** The variables of a play with its files for a host, below those of the task that it stands for. */
  readonly playVarsOf: (host: string, play: Play) => Vars;
  readonly diagnostics: readonly Diagnostic[];
}

/** Reads one file of variables. */
type ReadVars = (
  path: string,
) => Promise<{ readonly value: unknown; readonly diagnostics: readonly Diagnostic[] }>;

/**
 * Reads the `vars_files` of plays, relative to the playbook, a later one winning, all over the play's `vars`. Names may
 * have templates, so that hosts may have different files; each file is read once.
 * @param varsOf all variables of a host in a play except those of its files
 * @param magicOf what the run itself adds to them
 */
export async function loadVarsFiles(
  plays: readonly Play[],
  hostsOf: (play: Play) => readonly string[],
  varsOf: (host: string, play: Play) => Vars,
  read: ReadVars,
  magicOf: (file: string) => Magic = () => new Map(),
): Promise<LoadedVarsFiles> {
  const diagnostics = new Map<string, Diagnostic>();
  const note = (found: readonly Diagnostic[]) => {
    for (const one of found) diagnostics.set(JSON.stringify([one.message, one.place]), one);
  };
  const files = new Map<string, Vars | null>();
  const load = async (path: string): Promise<Vars | null> => {
    const known = files.get(path);
    if (known !== undefined) return known;
    const loaded = await readVars(path, read);
    note(loaded.diagnostics);
    files.set(path, loaded.vars);
    return loaded.vars;
  };
  const merged = new Map<string, Vars>();
  const ofHost = new Map<Play, ReadonlyMap<string, Vars>>();
  for (const play of plays) {
    if (play.varsFiles === undefined) continue;
    const perHost = new Map<string, Vars>();
    for (const host of hostsOf(play)) {
      const paths: string[] = [];
      for (const entry of play.varsFiles) {
        const found = await findFile(entry, play, () => varsOf(host, play), magicOf(play.file));
        note(found.diagnostics);
        if (found.path !== null) paths.push(found.path);
      }
      const key = [play.file, play.place.line, ...paths].join('\0');
      const layers = await Promise.all(paths.map(load));
      const vars = merged.get(key) ?? mergeLayers([play.vars, ...layers.filter((layer) => layer !== null)]);
      merged.set(key, vars);
      perHost.set(host, vars);
    }
    ofHost.set(play, perHost);
  }
  // A play that stands for one of its tasks is another object, of the same place.
  const byPlace = new Map([...ofHost].map(([play, hosts]) => [placeKey(play), hosts]));
  return {
    playVarsOf: (host, play) => {
      const withFiles = play.varsFiles && byPlace.get(placeKey(play))?.get(host);
      return withFiles ? mergeLayers([withFiles, play.taskVars ?? {}]) : play.vars;
    },
    diagnostics: [...diagnostics.values()],
  };
}

function placeKey({ file, place }: Play): string {
  return `${file}\0${place.line}\0${place.column}`;
}

/** The first file of an entry that exists. */
async function findFile(
  { names, place }: VarsFile,
  play: Play,
  vars: () => Vars,
  magic: Magic,
): Promise<{ readonly path: string | null; readonly diagnostics: readonly Diagnostic[] }> {
  const tried: string[] = [];
  for (const name of names) {
    const { value, diagnostics } = resolveTemplates(name, name.includes('{') ? vars() : {}, place, magic);
    if (diagnostics.length > 0) {
      // Of several, one whose variable is missing is none, as in Ansible.
      if (names.length > 1 && diagnostics.every((one) => one.missing)) continue;
      return { path: null, diagnostics };
    }
    const path = resolve(dirname(play.file), String(value));
    const shown =
      dirname(play.file) === '.' || String(value).startsWith('/')
        ? String(value)
        : `${dirname(play.file)}/${String(value)}`;
    noteRead(path);
    if ((await stat(path).catch(() => null)) !== null) return { path: shown, diagnostics: [] };
    tried.push(shown);
  }
  const [first = names[0] ?? ''] = tried;
  // Several were looked for in as many folders.
  const otherwise = tried.length > 1 ? async () => undefined : undefined;
  const explained = await explainFileError({ code: 'ENOENT' }, first, 'file of variables', otherwise);
  const message =
    tried.length > 1
      ? `none of these files of variables exists: ${shorten(tried.join(', '), 200)}`
      : explained.message;
  return { path: null, diagnostics: [{ severity: 'error', message, hint: explained.hint, place }] };
}

async function readVars(
  path: string,
  read: ReadVars,
): Promise<{ vars: Vars | null; diagnostics: readonly Diagnostic[] }> {
  const { value, diagnostics } = await read(path);
  if (isMap(value)) return { vars: value, diagnostics };
  if (value === null) return { vars: null, diagnostics };
  const message = `variables must be a map, found ${foundWords(value)}`;
  const place = placeOf(value) ?? { file: path, line: 1, column: 1 };
  const wrong: Diagnostic = { severity: 'error', message, hint: 'write each as "name: value"', place };
  return { vars: null, diagnostics: [...diagnostics, wrong] };
}
