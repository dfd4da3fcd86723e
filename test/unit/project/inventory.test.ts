import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHostVars, MAGIC_VARS } from '../../../src/inventory/vars.ts';
import { loadInventory } from '../../../src/project/inventory.ts';
import { loadVarDirs } from '../../../src/project/var_dirs.ts';
import { placeOf } from '../../../src/yaml/places.ts';
import { tree } from './tree.ts';

type Files = Readonly<Record<string, string>>;

/** The variables of each host, without the magic ones, and the messages, with ROOT for the folder. */
async function load(files: Files, ...sources: string[]) {
  const root = await tree(files);
  const paths = (sources.length === 0 ? ['.'] : sources).map((s) => (s.includes(',') ? s : join(root, s)));
  const { inventory, varDirs, diagnostics } = await loadInventory(paths);
  const hostVars = createHostVars(inventory, { inventoryDirs: varDirs });
  const hosts = Object.fromEntries(
    [...inventory.hosts.keys()].map((host) => {
      const own = Object.entries(hostVars(host)).filter(
        ([key]) => !(MAGIC_VARS as readonly string[]).includes(key),
      );
      return [host, Object.fromEntries(own)];
    }),
  );
  const messages = diagnostics.map((d) => `${d.severity}: ${d.message.replaceAll(root, 'ROOT')}`);
  return {
    root,
    hosts,
    messages,
    hostVars,
    inventory,
    varDirs,
    hints: diagnostics.map((d) => d.hint?.replaceAll(root, 'ROOT')),
  };
}

describe('sources', () => {
  it.each<[string, Files, string[], string[]]>([
    ['a file', { 'hosts.yml': 'web: {hosts: {a: }}' }, ['hosts.yml'], ['a']],
    ['JSON', { 'hosts.json': '{"web": {"hosts": {"a": {}}}}' }, ['hosts.json'], ['a']],
    ['a file without extension', { hosts: 'web:\n  hosts:\n    a:\n' }, ['hosts'], ['a']],
    [
      'a folder, in the order of names',
      {
        '2.yml': 'w: {hosts: {b: }}',
        '1.yaml': 'w: {hosts: {a: }}',
        '3.json': '{"w": {"hosts": {"c": {}}}}',
      },
      [],
      ['a', 'b', 'c'],
    ],
    ['folders in it', { 'x/1.yml': 'w: {hosts: {a: }}', 'y.yml': 'w: {hosts: {b: }}' }, [], ['a', 'b']],
    [
      'several',
      { 'z.yml': 'w: {hosts: {b: }}', 'a/h.yml': 'w: {hosts: {a: }}' },
      ['z.yml', 'a', 'c,d,'],
      ['b', 'a', 'c', 'd'],
    ],
    ['a list', {}, ['a,h[1:2]'], ['a', 'h1', 'h2']],
    ['a file with a comma in its name', { 'a,b.yml': 'w: {hosts: {x: }}' }, ['./a,b.yml'], ['x']],
    [
      'what is no inventory',
      {
        'h.yml': 'w: {hosts: {a: }}',
        '.x.yml': '!',
        'h.yml~': '!',
        'README.md': '!',
        'ansible.cfg': '!',
        'group_vars/all': 'a: 1',
        'host_vars/a': 'b: 1',
      },
      [],
      ['a'],
    ],
  ])('%s', async (_name, files, sources, hosts) => {
    const root = await tree(files);
    const paths =
      sources.length === 0
        ? [root]
        : sources.map((s) => (s.includes(',') && !s.startsWith('./') ? s : join(root, s)));
    const { inventory, diagnostics } = await loadInventory(paths);
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.keys()]).toEqual(hosts);
  });

  it.each<[string, Files, string[], string[], string | undefined]>([
    [
      'missing',
      { 'hosts.yml': '' },
      ['host.yml'],
      ['error: the inventory ROOT/host.yml does not exist'],
      'did you mean "hosts.yml"?',
    ],
    [
      'a host without a comma',
      {},
      ['web-01'],
      ['error: the inventory ROOT/web-01 does not exist'],
      'if this is a host, write "ROOT/web-01," with a comma',
    ],
    [
      'empty',
      { 'h.yml': '' },
      [],
      ['error: the inventory is empty'],
      'an inventory is a map of groups, such as "all:" with "hosts:" below it',
    ],
    [
      'an empty folder',
      { 'group_vars/all.yml': 'a: 1' },
      [],
      ['error: the inventory folder ROOT has no inventory file'],
      'put a file such as hosts.yml into it',
    ],
    [
      'no hosts',
      { 'h.yml': 'web:' },
      [],
      ['error: the inventory has no hosts: ROOT'],
      'list them below "hosts:", or in an INI file one a line',
    ],
    [
      'commas alone',
      {},
      [','],
      ['error: the inventory has no hosts: ,'],
      'list them below "hosts:", or in an INI file one a line',
    ],
    [
      'a script',
      { 'inv.py': 'print(1)' },
      [],
      ['error: the inventory program may not be executed'],
      'make it executable: chmod +x ROOT/inv.py',
    ],
    [
      'TOML',
      { 'h.toml': '[web]' },
      [],
      ['error: TOML inventories are not supported by virtune'],
      'convert it: ansible-inventory -i ROOT/h.toml --list --yaml > hosts.yml',
    ],
    [
      'another file',
      { 'h.yml': 'w: {hosts: {a: }}', 'x.xml': '<a b>' },
      [],
      ['warning: ROOT/x.xml is not read: it is no inventory, nor a program'],
      undefined,
    ],
    [
      'encrypted',
      { 'h.yml': '$ANSIBLE_VAULT;1.1;AES256\n33' },
      [],
      ['error: a file encrypted with Ansible Vault is not supported here'],
      'decrypt it with "ansible-vault decrypt"',
    ],
    [
      'INI in a folder',
      { 'h.yml': 'w: {hosts: {a: }}', 'x.ini': '[web]' },
      [],
      ['warning: ROOT/x.ini is not read: in a folder, Ansible takes no .ini file for an inventory, either'],
      'if it is one, name the file itself with -i, or leave ".ini" out of its name',
    ],
    [
      'all that is wrong',
      { '1.yml': 'a: [', '2.yml': 'w: {hots: }', '3.toml': '' },
      [],
      [
        'error: "[" is not closed with "]", or "]" stands too far left',
        'error: unknown key "hots" in the group "w"',
        'error: TOML inventories are not supported by virtune',
      ],
      undefined,
    ],
  ])('%s', async (_name, files, sources, messages, hint) => {
    const loaded = await load(files, ...sources);
    expect(loaded.messages).toEqual(messages);
    expect(loaded.hints[0]).toBe(hint);
  });

  it('reads YAML that is marked executable, or begins like a script', async () => {
    const root = await tree({ 'a.yml': 'w: {hosts: {a: }}', b: '#!/usr/bin/env x\nw: {hosts: {b: }}' });
    await chmod(join(root, 'a.yml'), 0o755);
    const { inventory, diagnostics } = await loadInventory([root]);
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.keys()]).toEqual(['a', 'b']);
  });

  it('needs one', async () => {
    expect((await loadInventory([])).diagnostics.map((d) => d.message)).toEqual(['no inventory is given']);
  });
});

describe('group_vars and host_vars', () => {
  const HOSTS = { 'h.yml': 'web: {hosts: {a.net: , b: }}' };
  it.each<[string, Files, object]>([
    ['.yml', { 'group_vars/web.yml': 'v: 1' }, { v: 1 }],
    ['.yaml', { 'group_vars/web.yaml': 'v: 1' }, { v: 1 }],
    ['.json', { 'group_vars/web.json': '{"v": 1}' }, { v: 1 }],
    ['no extension', { 'group_vars/web': 'v: 1' }, { v: 1 }],
    ['all', { 'group_vars/all.yml': 'v: 1' }, { v: 1 }],
    [
      'a folder',
      {
        'group_vars/web/1.yml': 'v: 1\nw: 1',
        'group_vars/web/2.json': '{"w": 2}',
        'group_vars/web/x/y': 'z: 3',
      },
      { v: 1, w: 2, z: 3 },
    ],
    [
      'a folder with other files',
      {
        'group_vars/web/1.yml': 'v: 1',
        'group_vars/web/.2.yml': 'v: 2',
        'group_vars/web/3.yml~': 'v: 3',
        'group_vars/web/4.txt': 'v: 4',
        'group_vars/web/5.d/6.yml': 'v: 6',
      },
      { v: 1 },
    ],
    ['a host with a dot', { 'host_vars/a.net.yml': 'v: 1' }, { v: 1 }],
    ['a host with a dot, no extension', { 'host_vars/a.net': 'v: 1' }, { v: 1 }],
    [
      'host over group',
      { 'host_vars/a.net.yml': 'v: 2', 'group_vars/web.yml': 'v: 1\nw: 1' },
      { v: 2, w: 1 },
    ],
    ['empty files', { 'group_vars/web.yml': '# nothing yet\n' }, {}],
    ['of another host', { 'host_vars/b.yml': 'v: 1' }, {}],
  ])('%s', async (_name, files, expected) => {
    const { hosts, messages } = await load({ ...HOSTS, ...files });
    expect(messages).toEqual([]);
    expect(hosts['a.net']).toEqual(expected);
  });

  it('are found beside a file, and at the top of a folder', async () => {
    const { hosts } = await load(
      { 'inv/h.yml': 'web: {hosts: {a: }}', 'inv/group_vars/web.yml': 'v: 1' },
      'inv/h.yml',
    );
    expect(hosts.a).toEqual({ v: 1 });
    const inner = await load({ 'x/h.yml': 'web: {hosts: {a: }}', 'x/group_vars/web.yml': 'v: 1' });
    expect(inner.hosts.a).toEqual({});
  });

  it('keep their places', async () => {
    const { root, hostVars } = await load({
      ...HOSTS,
      'group_vars/web.yml': 'x: 1\nnic_limits:\n  - rate: 1\n',
    });
    const rules = hostVars('b').nic_limits as object[];
    expect(placeOf(rules[0], 'rate')).toEqual({
      file: join(root, 'group_vars/web.yml'),
      line: 3,
      column: 11,
    });
  });

  it.each<[string, Files, string[]]>([
    [
      'an unknown group',
      { 'group_vars/wbe.yml': 'v: 1' },
      ['warning: ROOT/group_vars/wbe.yml is not read: the inventory has no group "wbe"'],
    ],
    [
      'an unknown host',
      { 'host_vars/c.yml': '[' },
      ['warning: ROOT/host_vars/c.yml is not read: the inventory has no host "c"'],
    ],
    [
      'two files for one',
      { 'group_vars/web.yml': 'v: 1', 'group_vars/web/x.yml': 'v: 2' },
      ['warning: ROOT/group_vars/web.yml is not read: ROOT/group_vars/web comes before it'],
    ],
    ['no map', { 'group_vars/web.yml': '- a' }, ['error: variables must be a map, found a list']],
    ['bad YAML', { 'host_vars/b.yml': 'a: b: c' }, ['error: a map cannot begin here']],
    [
      'encrypted',
      { 'group_vars/web/vault': '$ANSIBLE_VAULT;1.1;AES256\n33' },
      ['error: a file encrypted with Ansible Vault is not supported here'],
    ],
    ['no folder', { group_vars: 'x' }, ['warning: ROOT/group_vars is not read: it is not a folder']],
  ])('%s', async (_name, files, messages) => {
    expect((await load({ ...HOSTS, ...files }, 'h.yml')).messages).toEqual(messages);
  });

  it('beside the playbook are read once, also where the inventory is', async () => {
    const { root, inventory, varDirs } = await load({
      ...HOSTS,
      'group_vars/x.yml': '',
      'play/group_vars/web.yml': 'v: 1',
    });
    const { dirs, diagnostics } = await loadVarDirs(
      [root, join(root, 'play'), join(root, 'play', '..')],
      inventory,
      { known: varDirs },
    );
    expect(diagnostics).toEqual([]);
    expect(dirs.map(({ dir }) => dir)).toEqual([join(root, 'play'), root]);
    expect(dirs[1]).toBe(varDirs[0]);
    expect(createHostVars(inventory, { inventoryDirs: varDirs, playbookDirs: dirs })('b').v).toBe(1);
  });
});
