import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../../src/inventory/build.ts';
import { parseHostList } from '../../../src/inventory/host_list.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import type { Statement } from '../../../src/inventory/statements.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { placeOf } from '../../../src/yaml/places.ts';

/** Inventory files, merged in order. */
function load(...texts: string[]) {
  const parsed = texts.map((text, i) => parseInventory(parseYaml(text, `f${i}`).value, `f${i}`));
  const statements: Statement[] = parsed.flatMap((part) => [...part.statements]);
  const built = buildInventory(statements);
  const diagnostics = [...parsed.flatMap((part) => part.diagnostics), ...built.diagnostics];
  return { inventory: built.inventory, diagnostics };
}

function sound(...texts: string[]) {
  const { inventory, diagnostics } = load(...texts);
  expect(diagnostics).toEqual([]);
  return inventory;
}

/** `host: groups` of each host. */
function membership(...texts: string[]): string[] {
  return [...sound(...texts).hosts.values()].map((host) => `${host.name}: ${host.groups.join(' ')}`);
}

describe('groups and hosts', () => {
  it.each<[string, string, string[]]>([
    ['hosts below all', 'all: {hosts: {a: , b: }}', ['a: ungrouped', 'b: ungrouped']],
    ['hosts below ungrouped', 'ungrouped: {hosts: {a: }}', ['a: ungrouped']],
    ['a group', 'web: {hosts: {a: }}', ['a: web']],
    ['nested', 'all: {children: {site: {children: {web: {hosts: {a: }}}}}}', ['a: site web']],
    ['several groups', 'web: {hosts: {a: , b: }}\ndb: {hosts: {b: }}', ['a: web', 'b: db web']],
    ['also ungrouped', 'ungrouped: {hosts: {a: , b: }}\nweb: {hosts: {a: }}', ['a: web', 'b: ungrouped']],
    ['also in all', 'all: {hosts: {a: }}\nweb: {hosts: {a: }}', ['a: web']],
    ['null bodies', 'web:\nall:\n  hosts:\n  children:\n  vars:\ndb: {hosts: {a: }}', ['a: db']],
    ['a range', 'web:\n  hosts:\n    hv[01:02]:', ['hv01: web', 'hv02: web']],
    ['one name instead of a map', 'web: {hosts: a}\nsite: {children: web}', ['a: site web']],
    [
      'a diamond',
      'top: {children: {l: , r: }}\nl: {children: {b: }}\nr: {children: {b: }}\nb: {hosts: {a: }}',
      ['a: b l r top'],
    ],
    ['children before and after', 'site: {children: {web: }}\nweb: {hosts: {a: }}', ['a: site web']],
    ['numbers as names', '1: {hosts: {10: , 9: }}', ['10: 1', '9: 1']],
    [
      'an address',
      'w: {hosts: {"::1": , "[fe80::1]:22": , 10.0.0.1: }}',
      ['::1: w', 'fe80::1: w', '10.0.0.1: w'],
    ],
  ])('%s', (_name, text, expected) => {
    expect(membership(text)).toEqual(expected);
  });

  it('has all and ungrouped always, and orphans below all', () => {
    const { groups } = sound('web: {hosts: {a: }}\nsite: {children: {web: }}');
    expect(groups.get('all')?.children).toEqual(['ungrouped', 'site']);
    expect(groups.get('ungrouped')?.hosts).toEqual([]);
    expect(groups.get('web')).toEqual({ name: 'web', children: [], hosts: ['a'], vars: {} });
  });

  it('merges sources in order', () => {
    const first = 'web: {hosts: {a: {x: 1, y: 1}}, vars: {v: 1, w: 1}}';
    const second = 'web: {hosts: {b: , a: {y: 2}}, vars: {w: 2}}';
    const { hosts, groups } = sound(first, second);
    expect([...hosts.keys()]).toEqual(['a', 'b']);
    expect(hosts.get('a')?.vars).toEqual({ x: 1, y: 2 });
    expect(placeOf(hosts.get('a')?.vars, 'y')?.file).toBe('f1');
    expect(hosts.get('a')?.place).toEqual({ file: 'f0', line: 1, column: 15 });
    expect(groups.get('web')?.vars).toEqual({ v: 1, w: 2 });
  });

  it('gives all hosts of a range the same variables, and single ones more', () => {
    const { hosts } = sound('web:\n  hosts:\n    h[1:2]: {a: 1, b: 1}\n    h2: {b: 2}');
    expect(hosts.get('h1')?.vars).toEqual({ a: 1, b: 1 });
    expect(hosts.get('h2')?.vars).toEqual({ a: 1, b: 2 });
  });

  it('takes a port off the name, below the variables', () => {
    const { hosts } = sound('web: {hosts: {"a:22": , "b:23": {ansible_port: 24}}}');
    expect(hosts.get('a')?.vars).toEqual({ ansible_port: 22 });
    expect(hosts.get('b')?.vars).toEqual({ ansible_port: 24 });
  });

  it('keeps the priority of a group out of its variables', () => {
    const { groups } = sound('web: {hosts: {a: }, vars: {ansible_group_priority: 10, x: 1}}');
    expect(groups.get('web')).toMatchObject({ priority: 10, vars: { x: 1 } });
    expect(groups.get('web')?.vars).not.toHaveProperty('ansible_group_priority');
    expect(placeOf(groups.get('web')?.vars, 'x')?.line).toBe(1);
  });
});

describe('mistakes', () => {
  it.each<[string, string, string[]]>([
    ['empty', '', ['1:1 the inventory is empty']],
    ['an empty map', '{}', ['1:1 the inventory is empty']],
    ['a list', '- a', ['1:1 the inventory is a list']],
    ['a text', 'a', ['1:1 the inventory is the text "a"']],
    ['a list of hosts', 'all:\n  hosts: [a, b]', ['2:10 "hosts" must be a map, found a list']],
    ['a list of children', 'all:\n  children:\n    - web', ['3:5 "children" must be a map, found a list']],
    ['a list of vars', 'all:\n  vars:\n    - a: 1', ['3:5 "vars" must be a map, found a list']],
    ['an unknown key', 'web:\n  host: {a: }', ['2:3 unknown key "host" in the group "web"']],
    ['a group in a group', 'all:\n  web: {hosts: {a: }}', ['2:3 unknown key "web" in the group "all"']],
    ['hosts at the top', 'hosts:\n  a:', ['1:1 "hosts" stands outside of any group']],
    ['a group that is a list', 'web:\n  - a', ['2:3 the group "web" must be a map, found a list']],
    [
      'a host that is a text',
      'web: {hosts: {a: b}}',
      ['1:18 the host "a" must have a map of variables or nothing, found the text "b"'],
    ],
    ['two hosts in a key', 'web:\n  hosts:\n    "a, b":', ['3:5 "a, b" is not a host name']],
    [
      'a bad range',
      'web:\n  hosts:\n    a[2:1]:',
      ['3:5 the range in "a[2:1]" "[2:1]" ends before it begins'],
    ],
    ['a bad port', 'web: {hosts: {"a:0": }}', ['1:15 "a:0" has no valid port']],
    [
      'a bad priority',
      'web: {vars: {ansible_group_priority: high}}',
      ['1:38 ansible_group_priority must be a whole number'],
    ],
    ['a group in itself', 'web: {children: {web: }}', ['1:18 groups contain each other: web > web']],
    [
      'a cycle',
      'a: {children: {b: }}\nb: {children: {c: }}\nc: {children: {a: }}',
      ['3:16 groups contain each other: a > b > c > a'],
    ],
    ['all below a group', 'a: {children: {all: }}', ['1:16 the group "all" cannot be below "a"']],
    [
      'ungrouped below a group',
      'a: {children: {ungrouped: }}',
      ['1:16 the group "ungrouped" cannot be below "a"'],
    ],
    [
      'no priority',
      'a: {vars: {ansible_group_priority: }}',
      ['1:36 ansible_group_priority must be a whole number'],
    ],
    [
      'a plugin',
      'plugin: constructed',
      ['1:1 inventory plugins ("constructed") are not supported by virtune'],
    ],
    [
      'too many hosts',
      'a: {hosts: {"a[1:100000]": , "b[1:2]": , c: }}',
      ['1:30 the inventory has more than 100000 hosts'],
    ],
    [
      'a host named like a built-in group',
      'web: {hosts: {all: }}',
      ['1:15 a host cannot be named "all": that is a group, always'],
    ],
    ['both a group and a host', 'web: {hosts: {web: }}', ['1:15 "web" is both a group and a host']],
    [
      'several at once',
      'a: {x: 1, hosts: [b]}\nb: {hots: }',
      [
        '1:5 unknown key "x" in the group "a"',
        '1:18 "hosts" must be a map, found a list',
        '2:5 unknown key "hots" in the group "b"',
      ],
    ],
  ])('%s', (_name, text, expected) => {
    const { diagnostics } = load(text);
    expect(diagnostics.map((d) => `${d.place?.line}:${d.place?.column} ${d.message}`)).toEqual(expected);
    const warned = expected.some((message) => message.includes('both a group and a host'));
    expect(new Set(diagnostics.map((d) => d.severity))).toEqual(new Set([warned ? 'warning' : 'error']));
  });

  it.each([
    ['all: {hosts: [a]}', 'write each as a key, with a colon at its end and no "- " before it: "a:"'],
    ['web: {hots: }', 'did you mean "hosts"?'],
    ['hosts: {a: }', 'put it below a group, e.g. below "all:"'],
  ])('%s: what to do', (text, hint) => {
    expect(load(text).diagnostics[0]?.hint).toBe(hint);
  });

  it('takes a chain of a thousand groups', () => {
    const chain = Array.from({ length: 1000 }, (_, i) => `g${i}: {children: {g${i + 1}: }}`).join('\n');
    expect(sound(`${chain}\ng1000: {hosts: {a: }}`).hosts.get('a')?.groups).toHaveLength(1001);
  });
});

describe('what ansible-inventory --list prints', () => {
  it.each<[string, object, string[]]>([
    ['groups', { web: { hosts: ['b', 'a'] }, _meta: { hostvars: {} } }, ['b: web', 'a: web']],
    ['a list of hosts', { web: ['a'], _meta: {} }, ['a: web']],
    ['children', { site: { children: ['web'] }, web: { hosts: ['a'] }, _meta: {} }, ['a: site web']],
    ['a group that is a host', { web: { v: 1 }, _meta: {} }, ['web: web']],
    ['an empty group, which is a host', { web: {}, _meta: {} }, ['web: web']],
    ['names as they are', { web: ['h[1:2]', 'a:22'], _meta: {} }, ['h[1:2]: web', 'a:22: web']],
    ['hosts without a group', { _meta: { hostvars: { a: {} } }, all: { hosts: ['b'] } }, ['b: ungrouped']],
  ])('%s', (_name, value, expected) => {
    const { inventory, diagnostics } = load(JSON.stringify(value));
    expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
    expect([...inventory.hosts.values()].map((h) => `${h.name}: ${h.groups.join(' ')}`)).toEqual(expected);
  });

  it('has the variables of hosts below _meta, wherever that stands, and those of groups', () => {
    const text = '{"_meta": {"hostvars": {"a": {"v": 1}}}, "web": {"hosts": ["a"], "vars": {"w": 2}}}';
    const { hosts, groups } = sound(text);
    expect(hosts.get('a')?.vars).toEqual({ v: 1 });
    expect(placeOf(hosts.get('a')?.vars, 'v')).toEqual({ file: 'f0', line: 1, column: 36 });
    expect(groups.get('web')?.vars).toEqual({ w: 2 });
  });

  it.each<[string, string[]]>([
    [
      '{"_meta": {}, "web": {"hosts": {"a": {}}}}',
      ['1:32 the hosts of the group "web" must be a list, found a map'],
    ],
    ['{"_meta": {}, "web": null}', ['1:15 the hosts of the group "web" must be a list, found nothing']],
    ['{"_meta": {}, "web": [1]}', ['1:23 the number 1 is not a host name']],
    [
      '{"_meta": {}, "web": {"hosts": [], "vars": []}}',
      ['1:44 the variables of the group "web" must be a map, found a list'],
    ],
    [
      '{"_meta": {}, "web": {"children": "a"}}',
      ['1:35 the children of the group "web" must be a list of names'],
    ],
    ['{"_meta": {"hostvars": []}, "web": ["a"]}', ['1:24 "hostvars" must be a map, found a list']],
    [
      '{"_meta": {"hostvars": {"a": 1}}, "web": ["a"]}',
      ['1:30 the variables of the host "a" must be a map, found the number 1'],
    ],
  ])('%s', (text, expected) => {
    const { diagnostics } = load(text);
    expect(diagnostics.map((d) => `${d.place?.line}:${d.place?.column} ${d.message}`)).toEqual(expected);
  });
});

describe('parseHostList', () => {
  it('reads names with commas between', () => {
    const { statements, diagnostics } = parseHostList('a, b:22,h[1:2],');
    expect(diagnostics).toEqual([]);
    expect(
      [...buildInventory(statements).inventory.hosts.values()].map((h) => [h.name, h.groups, h.vars]),
    ).toEqual([
      ['a', ['ungrouped'], {}],
      ['b', ['ungrouped'], { ansible_port: 22 }],
      ['h1', ['ungrouped'], {}],
      ['h2', ['ungrouped'], {}],
    ]);
  });

  it('names what is wrong', () => {
    expect(parseHostList('a b,c[2:1]').diagnostics).toHaveLength(2);
  });
});
