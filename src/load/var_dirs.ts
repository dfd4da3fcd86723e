import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { didYouMeanHint } from '../base/suggest.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import { isMap, mergeLayers } from '../parse/merge.ts';
import { placeOf } from '../parse/places.ts';
import { foundWords } from '../parse/schema_words.ts';
import type { DirVars } from '../parse/vars.ts';
import { explainFileError } from './files.ts';
import { loadYaml } from './yaml_file.ts';

export interface LoadedVarDirs {
  readonly dirs: readonly DirVars[];
  readonly diagnostics: readonly Diagnostic[];
}

/** In Ansible's order: of several files for one name only the first counts. */
const EXTENSIONS = ['', '.yml', '.yaml', '.json'] as const;

const MAX_DEPTH = 20;

/**
 * Reads group_vars/ and host_vars/ of folders that hold an inventory or a playbook: for a name `name`, `name.yml`,
 * `name.yaml` or `name.json`, or a folder of such files. Only what belongs to a known group or host is read; the
 * rest gets a warning. The same folder twice counts once.
 * @param known what was read before: beside a playbook there may be the inventory, too
 */
export async function loadVarDirs(
  dirs: readonly string[],
  inventory: Inventory,
  known: readonly DirVars[] = [],
): Promise<LoadedVarDirs> {
  const diagnostics: Diagnostic[] = [];
  const loaded: DirVars[] = [];
  const seen = new Set<string>();
  for (const dir of dirs) {
    const real = await realpath(dir).catch(() => resolve(dir));
    if (seen.has(real)) continue;
    seen.add(real);
    const before = known.find((other) => other.dir === real);
    if (before !== undefined) {
      loaded.push(before);
      continue;
    }
    const groups = await loadKind(join(dir, 'group_vars'), 'group', inventory.groups, diagnostics);
    const hosts = await loadKind(join(dir, 'host_vars'), 'host', inventory.hosts, diagnostics);
    loaded.push({ dir: real, groups, hosts });
  }
  return { dirs: loaded, diagnostics };
}

async function loadKind(
  folder: string,
  kind: 'group' | 'host',
  known: ReadonlyMap<string, unknown>,
  diagnostics: Diagnostic[],
): Promise<ReadonlyMap<string, Vars>> {
  const found = new Map<string, Vars>();
  const from = new Map<string, string>();
  const warn = (message: string, hint?: string) => diagnostics.push({ severity: 'warning', message, hint });
  for (const entry of byPrecedence(await listNames(folder, `${kind}_vars`, diagnostics))) {
    const path = join(folder, entry);
    const name = nameOf(entry, known);
    if (name === null) {
      const stem = stemOf(entry);
      warn(`${path} is not read: the inventory has no ${kind} "${stem}"`, didYouMeanHint(stem, known.keys()));
      continue;
    }
    const first = from.get(name);
    if (first !== undefined) {
      warn(
        `${path} is not read: ${first} comes before it`,
        'keep the variables of a name in one file, or in a folder',
      );
      continue;
    }
    from.set(name, path);
    const vars = await loadEntry(path, diagnostics);
    if (vars !== null) found.set(name, vars);
  }
  return found;
}

/** Names with a dot may be whole host names: `hv1.example.yml` and the host `hv1.example` both exist. */
function nameOf(entry: string, known: ReadonlyMap<string, unknown>): string | null {
  if (known.has(entry)) return entry;
  const stem = stemOf(entry);
  return stem !== entry && known.has(stem) ? stem : null;
}

function stemOf(entry: string): string {
  const extension = extname(entry);
  return (EXTENSIONS as readonly string[]).includes(extension)
    ? entry.slice(0, entry.length - extension.length)
    : entry;
}

function byPrecedence(entries: readonly string[]): readonly string[] {
  const rank = (entry: string) =>
    (EXTENSIONS as readonly string[]).indexOf(entry === stemOf(entry) ? '' : extname(entry));
  return entries.toSorted((a, b) => rank(a) - rank(b));
}

/** Names in a folder, sorted, without hidden files and backups; nothing when there is no such folder. */
async function listNames(
  folder: string,
  what: string,
  diagnostics: Diagnostic[],
): Promise<readonly string[]> {
  try {
    const names = await readdir(folder);
    return names.filter((name) => !name.startsWith('.') && !name.endsWith('~')).sort();
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOTDIR')
      diagnostics.push({ severity: 'warning', message: `${folder} is not read: it is not a folder` });
    else if (code !== 'ENOENT')
      diagnostics.push({ severity: 'error', ...(await explainFileError(error, folder, what)) });
    return [];
  }
}

/** A file of variables, or a folder of them merged in the order of their names; null when there is nothing in it. */
async function loadEntry(path: string, diagnostics: Diagnostic[]): Promise<Vars | null> {
  const files = await filesOf(path, diagnostics, 0);
  const layers: Vars[] = [];
  for (const file of files) {
    const { value, diagnostics: found } = await loadYaml(file, 'variables file');
    diagnostics.push(...found);
    if (isMap(value)) layers.push(value);
    else if (value !== null) {
      const message = `variables must be a map, found ${foundWords(value)}`;
      const place = placeOf(value) ?? { file, line: 1, column: 1 };
      diagnostics.push({ severity: 'error', message, hint: 'write each as "name: value"', place });
    }
  }
  return layers.length === 0 ? null : mergeLayers(layers);
}

async function filesOf(path: string, diagnostics: Diagnostic[], depth: number): Promise<readonly string[]> {
  const found = await stat(path).catch(() => null);
  if (!found?.isDirectory()) return [path];
  if (depth > MAX_DEPTH) return [];
  const files: string[] = [];
  for (const name of await listNames(path, 'folder', diagnostics)) {
    const inner = join(path, name);
    const isFolder = (await stat(inner).catch(() => null))?.isDirectory() === true;
    // Ansible's rule: folders with an extension and files with another one are left aside.
    if (isFolder ? extname(name) === '' : (EXTENSIONS as readonly string[]).includes(extname(name))) {
      files.push(...(await filesOf(inner, diagnostics, depth + 1)));
    }
  }
  return files;
}
