import { readdir } from 'node:fs/promises';
import { dirname, extname } from 'node:path';
import { cwd } from 'node:process';

/** Names that inventories have. */
const INVENTORY = /^[^.].*\.(?:ya?ml|json|ini|cfg|toml)$|^(?:inventor|hosts)/i;

/** So many names say what a folder is. */
const NAMED = 5;

/** What to do about an inventory that is not there: a word may be a host, what looks like a file is one. */
export async function missingHint(source: string): Promise<string> {
  const isFile = /^\.(?:ya?ml|json|ini|cfg|toml)$/.test(extname(source));
  const asHost = `if this is a host, write "${source}," with a comma`;
  const folder = dirname(source);
  const names = await readdir(folder).catch(() => null);
  if (names === null) return `there is no folder ${folder}${folder.startsWith('/') ? '' : ` in ${here()}`}`;
  const files = names.filter((name) => INVENTORY.test(name)).sort();
  const shown = files.slice(0, NAMED).join(', ') + (files.length > NAMED ? ', …' : '');
  const where = folder === '.' ? here() : folder;
  if (folder !== '.' && !isFile) return asHost;
  const has = files.length === 0 ? `${where} has nothing like one` : `${where} has ${shown}`;
  return isFile ? has : `${asHost}; else name a file: ${has}`;
}

/** The folder may have been deleted. */
function here(): string {
  try {
    return cwd();
  } catch {
    return 'a folder that is gone';
  }
}
