import { readdir, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { type Diagnostic, hasErrors } from '../model/diagnostic.ts';
import { explainFileError } from './files.ts';
import { noteRead } from './reads.ts';

/** Ansible's rule of what in an inventory folder is no inventory: variables, hidden files, backups, notes. */
const IGNORED =
  /^\.|^(?:host_vars|group_vars|vars_plugins)$|(?:~|\.(?:pyc|pyo|swp|bak|rpm|md|txt|rst|orig|cfg|retry))$/;

const MAX_DEPTH = 20;

export interface InventoryFolder {
  readonly files: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The inventory files in a folder and the folders in it, in the order of their names. */
export async function listInventoryFolder(folder: string, depth = 0): Promise<InventoryFolder> {
  const files: string[] = [];
  const diagnostics: Diagnostic[] = [];
  let names: string[];
  noteRead(folder);
  try {
    names = (await readdir(folder)).sort();
  } catch (error) {
    return {
      files,
      diagnostics: [{ severity: 'error', ...(await explainFileError(error, folder, 'inventory')) }],
    };
  }
  for (const name of names) {
    if (IGNORED.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => null);
    if (found?.isDirectory() && depth < MAX_DEPTH) {
      const inner = await listInventoryFolder(path, depth + 1);
      files.push(...inner.files);
      diagnostics.push(...inner.diagnostics);
    } else if (extname(name) === '.ini') {
      // Ansible passes them over in silence, since plugins have their settings in such files.
      const message = `${path} is not read: in a folder, Ansible takes no .ini file for an inventory, either`;
      const hint = 'if it is one, name the file itself with -i, or leave ".ini" out of its name';
      diagnostics.push({ severity: 'warning', message, hint });
    } else if (found !== null && !found.isFile()) {
      // A pipe, say, which nobody may ever write to.
      diagnostics.push({ severity: 'warning', message: `${path} is not read: it is no ordinary file` });
    } else files.push(path);
  }
  if (files.length === 0 && depth === 0 && !hasErrors(diagnostics)) {
    const hint = 'put a file such as hosts.yml into it';
    diagnostics.push({
      severity: 'error',
      message: `the inventory folder ${folder} has no inventory file`,
      hint,
    });
  }
  return { files, diagnostics };
}
