import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { buildInventory } from '../inventory/build.ts';
import { parseHostList } from '../inventory/host_list.ts';
import type { ParsedInventory, Statement } from '../inventory/statements.ts';
import type { DirVars } from '../inventory/vars.ts';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import type { HostSource, Inventory } from '../model/inventory.ts';
import { explainFileError, readText } from './files.ts';
import { listInventoryFolder } from './inventory_folder.ts';
import { leaveOther, parseInventoryText } from './inventory_formats.ts';
import { missingHint } from './inventory_missing.ts';
import { loadInventoryProgram } from './inventory_script.ts';
import type { CloudAccess } from './openstack_inventory.ts';
import { isProgram } from './program.ts';
import { loadVarDirs } from './var_dirs.ts';
import type { Vault } from './vault.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** What group_vars/ and host_vars/ beside the sources hold, for createHostVars. */
  readonly varDirs: readonly DirVars[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads inventory sources and merges them in order. A source is a YAML, JSON or INI file, a file that names the clouds to
 * ask, a program that prints JSON, a folder of such files, or a list of hosts with a comma in it: `host1,host2,`. Does not
 * reject for what the user wrote; the inventory of sources with errors is only good for finding more of them.
 * @param vault opens encrypted files; asking for a password may reject
 * @param clouds without it no cloud is asked, and files that name some have no hosts
 */
export async function loadInventory(
  sources: readonly string[],
  vault?: Vault,
  clouds?: CloudAccess,
): Promise<LoadedInventory> {
  const statements: Statement[] = [];
  const diagnostics: Diagnostic[] = [];
  const dirs: string[] = [];
  const known: Known = { groups: new Set(), vault, clouds };
  for (const source of sources) {
    const loaded = await loadSource(source, known);
    for (const statement of loaded.statements) statements.push(statement);
    diagnostics.push(...loaded.diagnostics);
    if (loaded.dir !== null) dirs.push(loaded.dir);
  }
  const built = buildInventory(statements);
  diagnostics.push(...built.diagnostics);
  const vars = await loadVarDirs(dirs, built.inventory, { vault });
  // What a source with errors has brought is not known: that a name is not there says nothing then.
  const isWhole = !hasErrors(diagnostics);
  diagnostics.push(...vars.diagnostics.filter(({ severity }) => isWhole || severity === 'error'));
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
    hint:
      sources.length === 0 ? 'name one with -i' : 'list them below "hosts:", or in an INI file one a line',
  };
}

interface LoadedSource extends ParsedInventory {
  /** Where group_vars/ and host_vars/ are looked for. */
  readonly dir: string | null;
}

/** What the sources before have brought. */
interface Known {
  readonly groups: Set<string>;
  readonly vault: Vault | undefined;
  readonly clouds: CloudAccess | undefined;
}

async function loadSource(source: string, known: Known): Promise<LoadedSource> {
  const kind = await kindOf(source);
  if (kind === 'list')
    return { ...withSource(parseHostList(source), { file: source, dir: process.cwd() }), dir: null };
  if (kind === 'missing') {
    const explained = await explainFileError({ code: 'ENOENT' }, source, 'inventory', missingHint);
    return { statements: [], diagnostics: [{ severity: 'error', ...explained }], dir: null };
  }
  if (kind === 'file') return { ...(await loadFile(source, known)), dir: dirname(source) };
  const { files, diagnostics } = await listInventoryFolder(source);
  const parts = [];
  for (const file of files) parts.push(await loadFile(file, known, leaveOther));
  return {
    statements: parts.flatMap((part) => part.statements),
    diagnostics: [...diagnostics, ...parts.flatMap((part) => part.diagnostics)],
    dir: source,
  };
}

function withSource({ statements, diagnostics }: ParsedInventory, source: HostSource): ParsedInventory {
  return {
    statements: statements.map((one) => (one.kind === 'host' ? { ...one, source } : one)),
    diagnostics,
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

/** @param judge what to make of a file that could not be read as an inventory */
async function loadFile(
  path: string,
  known: Known,
  judge: typeof leaveOther = (_path, _text, parsed) => parsed,
): Promise<ParsedInventory> {
  const parsed = (await isProgram(path))
    ? await loadInventoryProgram(path, known.vault)
    : await readFile(path, known, judge);
  for (const statement of parsed.statements) if ('group' in statement) known.groups.add(statement.group);
  const file = resolve(path);
  return withSource(parsed, { file, dir: dirname(file) });
}

async function readFile(
  path: string,
  { groups, vault, clouds }: Known,
  judge: typeof leaveOther,
): Promise<ParsedInventory> {
  const { text, diagnostics } = await readText(path, 'inventory', { anyComments: true });
  const parsed =
    text === null
      ? { statements: [], diagnostics }
      : await parseInventoryText({ path, text, groups, vault, clouds });
  return judge(path, text, parsed);
}
