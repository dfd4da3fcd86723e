import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { inventoryGraph, inventoryJson, inventoryYaml } from '../../../src/report/inventory_text.ts';
import { INVENTORIES, readInventory, writeInventory } from './inventories.ts';

describe('an inventory printed', () => {
  it('holds nothing that a terminal would act on, and is the same data still', async () => {
    const nasty = 'a\u001b[2J\u202e\u0085b\u{e0001}';
    const source = writeInventory({
      'hosts.yml': `all: { hosts: { h: { x: ${JSON.stringify(nasty)} } } }\n`,
    });
    const { inventory, varsOf } = await readInventory(source);
    for (const text of [inventoryJson(inventory, varsOf), inventoryYaml(inventory, varsOf)]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(JSON.parse(inventoryJson(inventory, varsOf))._meta.hostvars.h.x).toBe(nasty);
    expect(parse(inventoryYaml(inventory, varsOf)).all.children.ungrouped.hosts.h.x).toBe(nasty);
  });

  it('begins the tree where it is told to', async () => {
    const { inventory } = await readInventory(writeInventory(INVENTORIES['nested groups and variables']!));
    expect(inventoryGraph(inventory, inventory.groups.get('site')!)).toBe(
      '@site:\n  |--@web:\n  |  |--web01.x\n  |  |--web02.x\n  |  |--web03.x\n  |  |--other\n  |--@db:\n  |  |--db-a\n  |  |--db-b\n  |  |--db-c\n',
    );
  });

  it('leaves encrypted values encrypted', async () => {
    const vault = '$ANSIBLE_VAULT;1.1;AES256\n6162\n';
    const source = writeInventory({
      'hosts.yml': `all: { hosts: { h: { x: !vault ${JSON.stringify(vault)} } } }\n`,
    });
    const { inventory, varsOf } = await readInventory(source);
    expect(JSON.parse(inventoryJson(inventory, varsOf))._meta.hostvars.h.x).toEqual({
      __ansible_vault: vault,
    });
    expect(inventoryYaml(inventory, varsOf)).toMatch(
      /x: !vault \|-?\n +\$ANSIBLE_VAULT;1.1;AES256\n +6162\n/,
    );
  });
});
