import { readdir } from 'node:fs/promises';
import { dirname, extname, join } from 'node:path';
import { cwd } from 'node:process';
import { mayBe } from './files.ts';

/** Names that inventories have. */
const INVENTORY = /^[^.].*\.(?:ya?ml|json|ini|cfg|toml)$|^(?:inventor|hosts)/i;

/** Of Ansible and of virtune, by name. */
const OTHERS = ['ansible.cfg', 'virtune.policy.yml'];

/** So many names say what a folder is. */
const NAMED = 5;

/** What to do about an inventory that is not there: a word may be a host, what looks like a file is one. */
export async function missingHint(source: string): Promise<string> {
  const isFile = /^\.(?:ya?ml|json|ini|cfg|toml)$/.test(extname(source));
  const asHost = `if this is a host, write "${source}," with a comma`;
  const folder = dirname(source);
  const names = await readdir(folder).catch(() => null);
  if (names === null) return `there is no folder ${folder}${folder.startsWith('/') ? '' : ` in ${here()}`}`;
  const files = await inventoriesOf(folder, names);
  const shown = files.slice(0, NAMED).join(', ') + (files.length > NAMED ? ', …' : '');
  const where = folder === '.' ? here() : folder;
  if (folder !== '.' && !isFile) return asHost;
  const has = files.length === 0 ? `${where} has nothing like one` : `${where} has ${shown}`;
  return isFile ? has : `${asHost}; else name a file: ${has}`;
}

/** Those that may be one, and no more than are shown and one. */
async function inventoriesOf(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names.toSorted()) {
    if (found.length > NAMED) break;
    if (!INVENTORY.test(name) || OTHERS.includes(name)) continue;
    if (await mayBe('inventory', join(folder, name))) found.push(name);
  }
  return found;
}

/** The folder may have been deleted. */
function here(): string {
  try {
    return cwd();
  } catch {
    return 'a folder that is gone';
  }
}
