import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../../src/inventory/build.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import { createHostVars, type DirVars } from '../../../src/inventory/vars.ts';
import type { Vars } from '../../../src/model/inventory.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';

const build = (text: string) =>
  buildInventory(parseInventory(parseYaml(text, 'i').value, 'i').statements).inventory;

const dir = (name: string, groups: Record<string, Vars>, hosts: Record<string, Vars> = {}): DirVars => ({
  dir: name,
  groups: new Map(Object.entries(groups)),
  hosts: new Map(Object.entries(hosts)),
});

/** From weakest to strongest, as Ansible's documentation lists them; each sets v to its own name. */
const LAYERS = [
  'all in the inventory',
  'parent in the inventory',
  'child in the inventory',
  'inventory group_vars/all',
  'playbook group_vars/all',
  'inventory group_vars/parent',
  'inventory group_vars/child',
  'playbook group_vars/parent',
  'playbook group_vars/child',
  'host in the inventory',
  'inventory host_vars',
  'playbook host_vars',
  'play',
  'extra',
] as const;

function resolve(present: ReadonlySet<string>): unknown {
  const v = (layer: (typeof LAYERS)[number]): Vars => (present.has(layer) ? { v: layer } : {});
  const yaml = {
    all: { vars: v('all in the inventory') },
    parent: { vars: v('parent in the inventory'), children: { child: null } },
    child: { vars: v('child in the inventory'), hosts: { h: v('host in the inventory') } },
  };
  const beside = (where: 'inventory' | 'playbook') =>
    dir(
      where,
      {
        all: v(`${where} group_vars/all`),
        parent: v(`${where} group_vars/parent`),
        child: v(`${where} group_vars/child`),
      },
      { h: v(`${where} host_vars`) },
    );
  const hostVars = createHostVars(build(JSON.stringify(yaml)), {
    inventoryDirs: [beside('inventory')],
    playbookDirs: [beside('playbook')],
  });
  return hostVars('h', { playVars: v('play'), extraVars: v('extra') }).v;
}

describe('precedence', () => {
  it.each(LAYERS.map((layer, i) => [layer, LAYERS.slice(0, i + 1)] as const))(
    '%s beats all before it',
    (layer, upTo) => {
      expect(resolve(new Set(upTo))).toBe(layer);
    },
  );

  it('is the strongest layer that there is', () => {
    fc.assert(
      fc.property(fc.subarray([...LAYERS]), (present) => {
        expect(resolve(new Set(present))).toBe(present.at(-1));
      }),
    );
  });

  const CASES: readonly [string, string, string][] = [
    ['name decides among equals', 'a: {hosts: {h: }, vars: {v: a}}\nb: {hosts: {h: }, vars: {v: b}}', 'b'],
    [
      'priority goes before name',
      'a: {hosts: {h: }, vars: {v: a, ansible_group_priority: 2}}\nb: {hosts: {h: }, vars: {v: b}}',
      'a',
    ],
    [
      'priority 0 is below the default',
      'a: {hosts: {h: }, vars: {v: a}}\nb: {hosts: {h: }, vars: {v: b, ansible_group_priority: 0}}',
      'a',
    ],
    [
      'depth goes before priority',
      'z: {children: {a: }, vars: {v: z, ansible_group_priority: 9}}\na: {hosts: {h: }, vars: {v: a}}',
      'a',
    ],
    [
      'the longest way counts',
      'x: {children: {y: }}\ny: {children: {b: }}\nb: {hosts: {h: }, vars: {v: b}}\na: {children: {b: }}\nc: {hosts: {h: }, vars: {v: c}}',
      'b',
    ],
    ['host before group', 'a: {hosts: {h: {v: host}}, vars: {v: a}}', 'host'],
  ];
  it.each(CASES)('%s', (_name, text, expected) => {
    expect(createHostVars(build(text), { inventoryDirs: [] })('h').v).toBe(expected);
  });

  it('takes folders in their order, each with all its groups', () => {
    const inventory = build('a: {hosts: {h: }}\nb: {hosts: {h: }}');
    const hostVars = createHostVars(inventory, {
      inventoryDirs: [dir('1', { b: { v: '1b' } }), dir('2', { a: { v: '2a' } })],
    });
    expect(hostVars('h').v).toBe('2a');
  });

  it('replaces whole values', () => {
    const hostVars = createHostVars(build('a: {hosts: {h: {m: {y: 1}}}, vars: {m: {x: 1}}}'), {
      inventoryDirs: [],
    });
    expect(hostVars('h').m).toEqual({ y: 1 });
  });

  it('knows the magic variables, and nothing overrides them', () => {
    const hostVars = createHostVars(build('b: {hosts: {h.net: }}\na: {children: {b: }}'), {
      inventoryDirs: [],
    });
    expect(hostVars('h.net', { extraVars: { inventory_hostname: 'x' } })).toEqual({
      inventory_hostname: 'h.net',
      inventory_hostname_short: 'h',
      group_names: ['a', 'b'],
    });
  });

  it('cannot be talked into another prototype', () => {
    const hostile = JSON.parse('{"__proto__": {"polluted": 1}, "ok": 1}') as Vars;
    const vars = createHostVars(build('a: {hosts: {h: }}'), { inventoryDirs: [] })('h', {
      extraVars: hostile,
    });
    expect(vars.polluted).toBeUndefined();
    expect(vars.ok).toBe(1);
  });

  it('resolves 10,000 hosts in nested groups quickly, sharing what they share', () => {
    const groups = Array.from(
      { length: 100 },
      (_, i) => `g${i}: {hosts: {"h${i}x[1:100]": {n: ${i}}}, vars: {v: ${i}}}`,
    );
    const inventory = build(
      `${groups.join('\n')}\ntop: {children: {${groups.map((_, i) => `g${i}: `).join(',')}}, vars: {rules: [1, 2]}}`,
    );
    const hostVars = createHostVars(inventory, { inventoryDirs: [] });
    const rules = new Set([...inventory.hosts.keys()].map((host) => hostVars(host).rules));
    expect(inventory.hosts.size).toBe(10_000);
    expect(rules.size).toBe(1);
  });
});
