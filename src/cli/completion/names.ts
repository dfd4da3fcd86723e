import { stat } from 'node:fs/promises';
import { loadInventory } from '../../project/inventory.ts';
import { listInventoryFolder } from '../../project/inventory_folder.ts';
import { isProgram } from '../../project/program.ts';
import { inventorySources } from '../../project/sources.ts';

/** What no shell takes for anything but a word, and no pattern for more than a name. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.%+-]*$/u;

/**
 * Hosts and groups of an inventory, as far as its files tell: a TAB runs no program, asks for no password and complains
 * of nothing. Names that a shell would read as more than a name are left out, since a line with one may be sent off.
 */
export async function inventoryNames(named: readonly string[] | undefined) {
  const files: string[] = [];
  for (const source of await inventorySources(named)) {
    const folder = await stat(source).then(
      (found) => found.isDirectory(),
      () => false,
    );
    const inside = folder ? (await listInventoryFolder(source)).files : [source];
    for (const file of inside) if (!(await isProgram(file))) files.push(file);
  }
  const { inventory } = await loadInventory(files);
  const plain = (names: Iterable<string>) => [...names].filter((name) => PLAIN.test(name));
  return { hosts: plain(inventory.hosts.keys()), groups: plain(inventory.groups.keys()) };
}
