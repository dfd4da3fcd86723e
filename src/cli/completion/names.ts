import { stat } from 'node:fs/promises';
import { loadInventory } from '../../project/inventory.ts';
import { listInventoryFolder } from '../../project/inventory_folder.ts';
import { isProgram } from '../../project/program.ts';
import { inventorySources } from '../../project/sources.ts';

/** What no shell takes for anything but a word, and no pattern for more than a name. */
const PLAIN = /^[\p{L}\p{N}_][\p{L}\p{N}_.%+-]*$/u;

/** Names that a shell would read as more than a name are left out, since a line with one may be sent off. */
export function plainNames(names: Iterable<string>): readonly string[] {
  return [...names].filter((name) => PLAIN.test(name));
}

/**
 * Hosts and groups of an inventory, as far as its files tell: a TAB runs no program, asks for no password and complains
 * of nothing.
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
  return { hosts: plainNames(inventory.hosts.keys()), groups: plainNames(inventory.groups.keys()) };
}
