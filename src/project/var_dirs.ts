import { readdir, realpath, stat } from 'node:fs/promises';
import { extname, join, resolve } from 'node:path';
import { didYouMeanHint } from '../base/suggest.ts';
import type { DirVars } from '../inventory/vars.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import { foundWords } from '../schema/words.ts';
import { isMap, mergeLayers } from '../yaml/merge.ts';
import { placeOf } from '../yaml/places.ts';
import { ALL_VARS } from '../yaml/refused.ts';
import { explainFileError } from './files.ts';
import { noteRead } from './reads.ts';
import type { Vault } from './vault.ts';
import { loadYaml } from './yaml_file.ts';

export interface LoadedVarDirs {
  readonly dirs: readonly DirVars[];
  readonly diagnostics: readonly Diagnostic[];
}

/** In Ansible's order: of several files for one name only the first counts. */
const EXTENSIONS = ['', '.yml', '.yaml', '.json'] as const;

const MAX_DEPTH = 20;

export interface VarDirOptions {
  /** What was read before: beside a playbook there may be the inventory, too. */
  readonly known?: readonly DirVars[] | undefined;
  readonly vault?: Vault | undefined;
}

/**
 * Reads group_vars/ and host_vars/ of folders that hold an inventory or a playbook: for a name `name`, `name.yml`,
 * `name.yaml` or `name.json`, or a folder of such files. Only what belongs to a known group or host is read; the
 * rest gets a warning. The same folder twice counts once, at its last place.
 */
export async function loadVarDirs(
  dirs: readonly string[],
  inventory: Inventory,
  { known = [], vault }: VarDirOptions = {},
): Promise<LoadedVarDirs> {
  const diagnostics: Diagnostic[] = [];
  const loaded = new Map<string, DirVars>();
  for (const dir of dirs) {
    const real = await realpath(dir).catch(() => resolve(dir));
    const before = loaded.get(real) ?? known.find((other) => other.dir === real);
    // Its variables win over those of the folders in between, as in Ansible.
    loaded.delete(real);
    if (before !== undefined) loaded.set(real, before);
    else {
      const groups = await loadKind(join(dir, 'group_vars'), 'group', inventory.groups, vault);
      const hosts = await loadKind(join(dir, 'host_vars'), 'host', inventory.hosts, vault);
      diagnostics.push(...groups.diagnostics, ...hosts.diagnostics);
      loaded.set(real, { dir: real, groups: groups.found, hosts: hosts.found });
    }
  }
  return { dirs: [...loaded.values()], diagnostics };
}

interface LoadedKind {
  readonly found: ReadonlyMap<string, Vars>;
  readonly diagnostics: readonly Diagnostic[];
}

async function loadKind(
  folder: string,
  kind: 'group' | 'host',
  known: ReadonlyMap<string, unknown>,
  vault: Vault | undefined,
): Promise<LoadedKind> {
  const found = new Map<string, Vars>();
  const diagnostics: Diagnostic[] = [];
  const entries = await listNames(folder, `${kind}_vars`, diagnostics);
  const left = new Set(entries);
  const all = new Set(entries);
  for (const name of known.keys()) {
    // Of several files for a name the first counts; a file may count for two names, `a.yml` for itself and for `a`.
    const [first, ...others] = EXTENSIONS.map((extension) => name + extension).filter((entry) =>
      all.has(entry),
    );
    if (first === undefined) continue;
    left.delete(first);
    for (const other of others) {
      if (!left.delete(other) || known.has(other)) continue;
      const message = `${join(folder, other)} is not read: ${join(folder, first)} comes before it`;
      const hint = 'keep the variables of a name in one file, or in a folder';
      diagnostics.push({ severity: 'warning', message, hint });
    }
    const vars = await loadEntry(join(folder, first), vault, diagnostics);
    if (vars !== null) found.set(name, vars);
  }
  for (const entry of left) {
    const stem = stemOf(entry);
    const message = `${join(folder, entry)} is not read: the inventory has no ${kind} "${stem}"`;
    diagnostics.push({ severity: 'warning', message, hint: didYouMeanHint(stem, known.keys()) });
  }
  return { found, diagnostics };
}

function stemOf(entry: string): string {
  const extension = extname(entry);
  return (EXTENSIONS as readonly string[]).includes(extension)
    ? entry.slice(0, entry.length - extension.length)
    : entry;
}

/** Names in a folder, sorted, without hidden files and backups; nothing when there is no such folder. */
async function listNames(
  folder: string,
  what: string,
  diagnostics: Diagnostic[],
): Promise<readonly string[]> {
  noteRead(folder);
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
async function loadEntry(
  path: string,
  vault: Vault | undefined,
  diagnostics: Diagnostic[],
): Promise<Vars | null> {
  const files = await filesOf(path, diagnostics, 0);
  const layers: Vars[] = [];
  for (const file of files) {
    const options = { vault, varsIn: ALL_VARS };
    const { value, diagnostics: found } = await loadYaml(file, 'variables file', options);
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
