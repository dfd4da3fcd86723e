import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { buildInventory } from '../inventory/build.ts';
import { parseHostList } from '../inventory/host_list.ts';
import { parseInventory } from '../inventory/parse.ts';
import type { ParsedInventory, Statement } from '../inventory/statements.ts';
import type { DirVars } from '../inventory/vars.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { explainFileError, readText } from './files.ts';
import { listInventoryFolder } from './inventory_folder.ts';
import { otherFormat } from './inventory_formats.ts';
import { loadInventoryProgram } from './inventory_script.ts';
import { isProgram } from './program.ts';
import { loadVarDirs } from './var_dirs.ts';
import type { Vault } from './vault.ts';
import { parseFileText } from './yaml_file.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** What group_vars/ and host_vars/ beside the sources hold, for createHostVars. */
  readonly varDirs: readonly DirVars[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads inventory sources and merges them in order. A source is a YAML or JSON file, a program that prints JSON, a
 * folder of such files, or a list of hosts with a comma in it: `host1,host2,`. Does not reject for what the user wrote;
 * the inventory of sources with errors is only good for finding more of them.
 * @param vault opens encrypted files; asking for a password may reject
 */
export async function loadInventory(sources: readonly string[], vault?: Vault): Promise<LoadedInventory> {
  const statements: Statement[] = [];
  const diagnostics: Diagnostic[] = [];
  const dirs: string[] = [];
  for (const source of sources) {
    const loaded = await loadSource(source, vault);
    for (const statement of loaded.statements) statements.push(statement);
    diagnostics.push(...loaded.diagnostics);
    if (loaded.dir !== null) dirs.push(loaded.dir);
  }
  const built = buildInventory(statements);
  diagnostics.push(...built.diagnostics);
  const vars = await loadVarDirs(dirs, built.inventory, { vault });
  diagnostics.push(...vars.diagnostics);
  if (built.inventory.hosts.size === 0 && !hasErrors(diagnostics)) {
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

async function loadSource(source: string, vault: Vault | undefined): Promise<LoadedSource> {
  const kind = await kindOf(source);
  if (kind === 'list') return { ...parseHostList(source), dir: null };
  if (kind === 'missing') {
    const explained = await explainFileError({ code: 'ENOENT' }, source, 'inventory');
    const hint = explained.hint ?? `if this is a host, write "${source}," with a comma`;
    return { statements: [], diagnostics: [{ severity: 'error', ...explained, hint }], dir: null };
  }
  if (kind === 'file') return { ...(await loadFile(source, vault)), dir: dirname(source) };
  const { files, diagnostics } = await listInventoryFolder(source);
  const parts = [];
  for (const file of files) parts.push(await loadFile(file, vault));
  return {
    statements: parts.flatMap((part) => part.statements),
    diagnostics: [...diagnostics, ...parts.flatMap((part) => part.diagnostics)],
    dir: source,
  };
}

/** A comma makes it a list of hosts, unless there is a file of that name, as in Ansible. */
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

async function loadFile(path: string, vault: Vault | undefined): Promise<ParsedInventory> {
  if (await isProgram(path)) return loadInventoryProgram(path, vault);
  const { text, diagnostics } = await readText(path, 'inventory');
  if (text === null) return { statements: [], diagnostics };
  const other = otherFormat(path, text);
  if (other !== null) return { statements: [], diagnostics: [other] };
  const yaml = await parseFileText(text, path, vault);
  if (yaml.value === null && yaml.diagnostics.length > 0)
    return { statements: [], diagnostics: yaml.diagnostics };
  const parsed = parseInventory(yaml.value, path);
  return { statements: parsed.statements, diagnostics: [...yaml.diagnostics, ...parsed.diagnostics] };
}
