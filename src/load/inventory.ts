import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { parseHostList } from '../parse/host_list.ts';
import { type ParsedInventory, parseInventory, type Statement } from '../parse/inventory.ts';
import { buildInventory } from '../parse/inventory_build.ts';
import type { DirVars } from '../parse/vars.ts';
import { explainFileError, readText } from './files.ts';
import { listInventoryFolder } from './inventory_folder.ts';
import { otherFormat } from './inventory_formats.ts';
import { loadVarDirs } from './var_dirs.ts';
import { parseFileText } from './yaml_file.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** What group_vars/ and host_vars/ beside the sources hold, for createHostVars. */
  readonly varDirs: readonly DirVars[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads inventory sources and merges them in order. A source is a YAML or JSON file, a folder of them, or a list of
 * hosts with a comma in it: `host1,host2,`. Never rejects for what the user wrote; the inventory of sources with
 * errors is only good for finding more of them.
 */
export async function loadInventory(sources: readonly string[]): Promise<LoadedInventory> {
  const statements: Statement[] = [];
  const diagnostics: Diagnostic[] = [];
  const dirs: string[] = [];
  for (const source of sources) {
    const loaded = await loadSource(source);
    for (const statement of loaded.statements) statements.push(statement);
    diagnostics.push(...loaded.diagnostics);
    if (loaded.dir !== null) dirs.push(loaded.dir);
  }
  const built = buildInventory(statements);
  diagnostics.push(...built.diagnostics);
  const vars = await loadVarDirs(dirs, built.inventory);
  diagnostics.push(...vars.diagnostics);
  if (built.inventory.hosts.size === 0 && !diagnostics.some((d) => d.severity === 'error')) {
    diagnostics.push(noHosts(sources));
  }
  return { inventory: built.inventory, varDirs: vars.dirs, diagnostics };
}

function noHosts(sources: readonly string[]): Diagnostic {
  const message =
    sources.length === 0 ? 'no inventory is given' : `the inventory has no hosts: ${sources.join(', ')}`;
  return {
    severity: 'error',
    message,
    hint: sources.length === 0 ? 'name one with -i' : 'list them below "hosts:"',
  };
}

interface LoadedSource extends ParsedInventory {
  /** Where group_vars/ and host_vars/ are looked for. */
  readonly dir: string | null;
}

async function loadSource(source: string): Promise<LoadedSource> {
  const kind = await kindOf(source);
  if (kind === 'list') return { ...parseHostList(source), dir: null };
  if (kind === 'missing') {
    const explained = await explainFileError({ code: 'ENOENT' }, source, 'inventory');
    const hint = explained.hint ?? `if this is a host, write "${source}," with a comma`;
    return { statements: [], diagnostics: [{ severity: 'error', ...explained, hint }], dir: null };
  }
  if (kind === 'file') return { ...(await loadFile(source)), dir: dirname(source) };
  const { files, diagnostics } = await listInventoryFolder(source);
  const parts = [];
  for (const file of files) parts.push(await loadFile(file));
  return {
    statements: parts.flatMap((part) => part.statements),
    diagnostics: [...diagnostics, ...parts.flatMap((part) => part.diagnostics)],
    dir: source,
  };
}

/** A comma makes it a list of hosts, unless there is a file of that name: so does Ansible. */
async function kindOf(source: string): Promise<'file' | 'folder' | 'list' | 'missing'> {
  try {
    return (await stat(source)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (source.includes(',')) return 'list';
    const code = (error as NodeJS.ErrnoException).code;
    // Anything but "missing" shows itself, with its reason, when the file is read.
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'missing' : 'file';
  }
}

async function loadFile(path: string): Promise<ParsedInventory> {
  const { text, diagnostics } = await readText(path, 'inventory');
  if (text === null) return { statements: [], diagnostics };
  const other = await otherFormat(path, text);
  if (other !== null) return { statements: [], diagnostics: [other] };
  const yaml = parseFileText(text, path);
  if (yaml.value === null && yaml.diagnostics.length > 0)
    return { statements: [], diagnostics: yaml.diagnostics };
  const parsed = parseInventory(yaml.value, path);
  return { statements: parsed.statements, diagnostics: [...yaml.diagnostics, ...parsed.diagnostics] };
}
