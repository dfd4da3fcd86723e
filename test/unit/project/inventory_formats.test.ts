import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHostVars } from '../../../src/inventory/vars.ts';
import { loadInventory } from '../../../src/project/inventory.ts';
import { tree } from './tree.ts';

/** Hosts of a file, or its mistakes as people see them: place, message, hint. */
async function read(name: string, text: string) {
  const root = await tree({ [name]: text });
  const { inventory, diagnostics } = await loadInventory([join(root, name)]);
  const told = diagnostics.map(({ severity, message, hint, place }) => {
    const at = place === undefined ? '' : `${place.line}:${place.column} `;
    return `${severity} ${at}${message}${hint === undefined ? '' : ` (${hint})`}`.replaceAll(root, 'ROOT');
  });
  return told.length > 0 ? told : [...inventory.hosts.keys()];
}

describe('what a file is', () => {
  it.each<[string, string, string, readonly string[]]>([
    ['INI by its name', 'h.ini', 'a\n', ['a']],
    ['INI by a section', 'hosts', '# x\n[web]\na v=1\n', ['a']],
    ['INI by a variable', 'hosts', 'a ansible_host=10.0.0.1\nb\n', ['a', 'b']],
    ['INI, names alone', 'hosts', 'a\nb\n\n[web]\nc\n', ['a', 'b', 'c']],
    ['INI, one name alone', 'hosts', 'a\n', ['a']],
    ['INI in a .yml', 'h.yml', '[web]\na\n', ['a']],
    ['INI in a .yml, hosts first', 'h.yml', 'a\nb v="x: y"\n[web]\nc\n', ['a', 'b', 'c']],
    ['INI of another name', 'h.prod', 'a\n', ['a']],
    ['YAML without extension', 'hosts', 'web:\n  hosts:\n    a:\n', ['a']],
    ['YAML that begins with a comment of INI', 'hosts', '# [web]\nweb:\n  hosts: {a: }\n', ['a']],
    ['a byte order mark before a section', 'hosts', '\ufeff[web]\r\na\r\n', ['a']],
    [
      'mistakes of INI alone, where it is certain',
      'hosts',
      '[web]\na b\n',
      [
        'error 2:3 "b" is not a variable (after a host stand its variables, name=value, with quotes around what has blanks: name="a b")',
      ],
    ],
    [
      'first those of INI where there is a section',
      'hosts',
      "a\nb v=it's\n[web]\nc\n",
      [
        `error 2:7 a ' has no other one on its line (put what holds one in other quotes: name="it's")`,
        expect.stringMatching(/^error 1:1 nor can it be read as YAML: /) as unknown as string,
      ],
    ],
    [
      'those of YAML where it begins with a key',
      'hosts',
      'web:\n  hosts: [a, b]\n',
      [
        'error 2:10 "hosts" must be a map, found a list (write each as a key, with a colon at its end and no "- " before it: "a:")',
      ],
    ],
    [
      'those of both where nothing tells',
      'hosts',
      'hello world\n',
      [
        'error 1:1 the inventory is the text "hello world" (an inventory is a map of groups, such as "all:" with "hosts:" below it)',
        'error 1:7 nor can it be read as INI: "world" is not a variable',
      ],
    ],
    [
      'YAML alone in a .yml',
      'h.yml',
      'web:\n  hosts: [a, b]\n',
      [
        'error 2:10 "hosts" must be a map, found a list (write each as a key, with a colon at its end and no "- " before it: "a:")',
      ],
    ],
    [
      'YAML in an .ini',
      'h.ini',
      'web:\n  hosts:\n',
      [
        'error 1:1 the host name "web:" ends with a colon (behind a colon stands a port: host:2222; a YAML inventory needs a name that ends with .yml)',
        'error 2:3 the host name "hosts:" ends with a colon (behind a colon stands a port: host:2222; a YAML inventory needs a name that ends with .yml)',
      ],
    ],
    [
      'broken JSON, which INI would take for a host',
      'hosts',
      '{"web":{"hosts":{"a":{}}}',
      [expect.stringMatching(/^error 1:/) as unknown as string],
    ],
    [
      'YAML with a mistake that is none to Ansible',
      'hosts',
      'web:\n  hosts: {a: }\nweb:\n',
      [expect.stringMatching(/^error 3:1 duplicate key/) as unknown as string],
    ],
    [
      'an empty .yml',
      'h.yml',
      '# c\n',
      [expect.stringMatching(/the inventory is empty/) as unknown as string],
    ],
    [
      'comments alone',
      'hosts',
      '# c\n; d\n',
      [
        'error the inventory has no hosts: ROOT/hosts (list them below "hosts:", or in an INI file one a line)',
      ],
    ],
  ])('%s', async (_name, file, text, expected) => {
    expect(await read(file, text)).toEqual(expected);
  });

  it('may have comments that are not UTF-8, and nothing else', async () => {
    const root = await tree({
      good: Buffer.from('# caf\xe9\n[web]\na\n; \xff', 'latin1'),
      bad: Buffer.from('# caf\xe9\n[web]\na v=\xe9\n', 'latin1'),
    });
    const { inventory, diagnostics } = await loadInventory([join(root, 'good')]);
    expect([...inventory.hosts.keys(), ...diagnostics]).toEqual(['a']);
    const bad = await loadInventory([join(root, 'bad')]);
    expect(bad.diagnostics[0]).toMatchObject({
      message: 'the inventory is not UTF-8',
      place: { line: 3, column: 5 },
    });
  });

  it('in a folder, leaves aside what is no inventory, and not what is a broken one', async () => {
    const root = await tree({
      'a.hosts': '[web]\na\n',
      'b.pem': '-----BEGIN PRIVATE KEY-----\nMIIE=\n',
      'c.hosts': '[web]\na b\n',
      'd.png': Buffer.from([0x89, 0x50, 0xff]),
    });
    const { diagnostics } = await loadInventory([root]);
    expect(
      diagnostics.map(({ severity, message }) => `${severity}: ${message.replace(root, 'ROOT')}`),
    ).toEqual([
      'warning: ROOT/b.pem is not read: it is no inventory, nor a program',
      'error: "b" is not a variable',
      'warning: the inventory is not UTF-8',
    ]);
  });

  it('sets variables of groups that files before it have declared, and of no others', async () => {
    const root = await tree({
      '1.yml': 'web: {hosts: {a: }}',
      '2': '[web:vars]\nv=1\n',
      '3': '[db:vars]\nv=1\n',
    });
    const good = await loadInventory([join(root, '1.yml'), join(root, '2')]);
    expect(good.diagnostics).toEqual([]);
    expect(createHostVars(good.inventory, { inventoryDirs: [] })('a')).toMatchObject({ v: 1 });
    const bad = await loadInventory([join(root, '1.yml'), join(root, '3')]);
    expect(bad.diagnostics[0]).toMatchObject({
      message: '[db:vars] is of a group that no other section declares',
      hint: 'declare it with a section [db]',
    });
  });

  it('reads group_vars and host_vars beside an INI file', async () => {
    const root = await tree({
      hosts: '[web]\na v=1\n[web:vars]\nw=1\nx=1\n',
      'group_vars/web.yml': 'w: 2\n',
      'host_vars/a.yml': 'v: 3\n',
    });
    const { inventory, varDirs, diagnostics } = await loadInventory([join(root, 'hosts')]);
    expect(diagnostics).toEqual([]);
    expect(createHostVars(inventory, { inventoryDirs: varDirs })('a')).toMatchObject({ v: 3, w: 2, x: 1 });
  });
});
