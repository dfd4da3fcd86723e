import { describe, expect, inject, it } from 'vitest';
import { parse } from 'yaml';
import { hostJson, inventoryGraph, inventoryJson, inventoryYaml } from '../../src/report/inventory_text.ts';
import { INVENTORIES, readInventory, writeInventory } from '../unit/report/inventories.ts';
import { ansibleCommand } from './ansible.ts';

const theirs = (source: string, ...args: string[]) =>
  ansibleCommand('ansible-inventory', ['-i', source, ...args]);

describe.skipIf(inject('ansibleMissing') !== null)('prints what ansible-inventory prints', () => {
  for (const [name, files] of Object.entries(INVENTORIES)) {
    it(`${name}: --list, --graph, --host and --yaml`, async () => {
      const source = writeInventory(files);
      const { inventory, varsOf } = await readInventory(source);
      const [list, graph, yaml] = await Promise.all([
        theirs(source, '--list'),
        theirs(source, '--graph'),
        theirs(source, '--list', '--yaml'),
      ]);
      expect(JSON.parse(inventoryJson(inventory, varsOf))).toEqual(JSON.parse(list));
      expect(inventoryGraph(inventory, inventory.groups.get('all')!)).toBe(graph);
      expect(parse(inventoryYaml(inventory, varsOf))).toEqual(parse(yaml));
      const [host = ''] = [...inventory.hosts.keys()].filter((one) => Object.keys(varsOf(one)).length > 0);
      if (host === '') return;
      expect(JSON.parse(hostJson(varsOf(host)))).toEqual(JSON.parse(await theirs(source, '--host', host)));
    });
  }

  it('to the letter, where no text has anything special', async () => {
    const source = writeInventory(INVENTORIES['nested groups and variables']!);
    const { inventory, varsOf } = await readInventory(source);
    expect(inventoryJson(inventory, varsOf)).toBe(await theirs(source, '--list'));
  });
});
