import { execFile } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadInventory } from '../../../src/load/inventory.ts';
import type { Vars } from '../../../src/model/inventory.ts';
import { createHostVars, MAGIC_VARS } from '../../../src/parse/vars.ts';
import {
  hostJson,
  inventoryGraph,
  inventoryJson,
  inventoryYaml,
} from '../../../src/report/inventory_text.ts';

const run = promisify(execFile);

/** What the real tool prints; null where it is not installed. In CI it must be. */
const ansible = await run('ansible-inventory', ['--version']).then(
  () => true,
  () => false,
);

const INVENTORIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'one host': { 'hosts.yml': 'all: { hosts: { a: } }\n' },
  'groups without hosts': {
    'hosts.yml': 'all: { children: { empty: , web: { hosts: { a: { x: 1 } } } } }\n',
  },
  'nested groups and variables': {
    'hosts.yml': `all:
  vars: { colour: red, port: 1 }
  children:
    site:
      vars: { colour: blue }
      children:
        web: { hosts: { "web[01:03].x": { colour: green }, other: } }
        db: { hosts: { "db-[a:c]": } }
    alone: { hosts: { lonely: { list: [1, two, { three: 3 }], nothing: null, really: true, half: 0.5 } } }
`,
  },
  'a host in several groups': {
    'hosts.yml': `all:
  children:
    b: { hosts: { h: }, vars: { from: b, only_b: 1 } }
    a: { hosts: { h: , g: }, vars: { from: a } }
    c: { children: { a: }, vars: { from: c, only_c: 1 } }
`,
  },
  priorities: {
    'hosts.yml': `all:
  children:
    z: { hosts: { h: }, vars: { from: z, ansible_group_priority: 1 } }
    a: { hosts: { h: }, vars: { from: a, ansible_group_priority: 10 } }
`,
  },
  'hosts of all and of no group': {
    'hosts.yml':
      'all:\n  hosts: { top: { x: 1 }, "h[1:2]:2222": }\n  children: { web: { hosts: { top: } } }\nungrouped: { hosts: { free: } }\n',
  },
  'group_vars and host_vars': {
    'hosts.yml': 'all:\n  children: { web: { hosts: { a: { x: inv }, b: }, vars: { y: inv } } }\n',
    'group_vars/all.yml': 'x: all\nz: all\n',
    'group_vars/web/one.yml': 'y: one\n',
    'group_vars/web/two.yml': 'y: two\nw: { deep: [1, 2] }\n',
    'host_vars/a.json': '{"z": "host", "text": "ünï\\u0001\\u2028\\t"}\n',
  },
  'top-level groups beside all': {
    'hosts.yml':
      'web: { hosts: { a: , b: } }\ndb: { hosts: { c: }, children: { old: { hosts: { d: } } } }\nall: { vars: { v: 1 } }\n',
  },
  'a group named again': {
    'hosts.yml':
      'web: { hosts: { a: { x: 1 } }, vars: { p: 1 } }\nall: { children: { web: { hosts: { a: { x: 2 }, b: }, vars: { q: 2 } } } }\n',
  },
  diamonds: {
    'hosts.yml': `all:
  children:
    top: { children: { left: { children: { bottom: { hosts: { h: } } } }, right: { children: { bottom: } } } }
`,
  },
  'templates and texts that look like other things': {
    'hosts.yml':
      'all: { hosts: { a: { t: "{{ x }}", n: "007", d: "2026-11-22", e: "", m: "a\\nb", o: "on", "k:1": v } } }\n',
  },
  'a folder of two files': {
    '01.yml': 'all: { children: { web: { hosts: { a: { x: 1 } } } } }\n',
    '02.yml': 'all: { children: { db: { hosts: { b: , a: { x: 2 } } }, web: } }\n',
  },
};

function write(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-inventory-'));
  chmodSync(dir, 0o755);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

async function read(source: string) {
  const { inventory, varDirs, diagnostics } = await loadInventory([source]);
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const vars = createHostVars(inventory, { inventoryDirs: varDirs });
  const varsOf = (host: string): Vars =>
    Object.fromEntries(
      Object.entries(vars(host)).filter(([name]) => !(MAGIC_VARS as readonly string[]).includes(name)),
    );
  return { inventory, varsOf };
}

const config = join(mkdtempSync(join(tmpdir(), 'virtune-inventory-')), 'ansible.cfg');
writeFileSync(config, '');

async function theirs(source: string, ...args: string[]): Promise<string> {
  const env = { ...process.env, ANSIBLE_CONFIG: config, ANSIBLE_NOCOLOR: '1', LC_ALL: 'C.UTF-8' };
  const { stdout } = await run('ansible-inventory', ['-i', source, ...args], { env });
  return stdout;
}

it.runIf(process.env.CI)('has the real ansible-inventory to compare with, in CI', () => {
  expect(ansible).toBe(true);
});

describe.skipIf(!ansible)('prints what ansible-inventory prints', () => {
  for (const [name, files] of Object.entries(INVENTORIES)) {
    it(`${name}: --list, --graph, --host and --yaml`, { timeout: 60_000 }, async () => {
      const source = write(files);
      const { inventory, varsOf } = await read(source);
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

  it('to the letter, where no text has anything special', { timeout: 60_000 }, async () => {
    const source = write(INVENTORIES['nested groups and variables']!);
    const { inventory, varsOf } = await read(source);
    expect(inventoryJson(inventory, varsOf)).toBe(await theirs(source, '--list'));
  });
});

describe('an inventory printed', () => {
  it('holds nothing that a terminal would act on, and is the same data still', async () => {
    const nasty = 'a\u001b[2J\u202e\u0085b\u{e0001}';
    const source = write({ 'hosts.yml': `all: { hosts: { h: { x: ${JSON.stringify(nasty)} } } }\n` });
    const { inventory, varsOf } = await read(source);
    for (const text of [inventoryJson(inventory, varsOf), inventoryYaml(inventory, varsOf)]) {
      expect(text.replaceAll('\n', '')).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
    }
    expect(JSON.parse(inventoryJson(inventory, varsOf))._meta.hostvars.h.x).toBe(nasty);
    expect(parse(inventoryYaml(inventory, varsOf)).all.children.ungrouped.hosts.h.x).toBe(nasty);
  });

  it('begins the tree where it is told to', async () => {
    const { inventory } = await read(write(INVENTORIES['nested groups and variables']!));
    expect(inventoryGraph(inventory, inventory.groups.get('site')!)).toBe(
      '@site:\n  |--@web:\n  |  |--web01.x\n  |  |--web02.x\n  |  |--web03.x\n  |  |--other\n  |--@db:\n  |  |--db-a\n  |  |--db-b\n  |  |--db-c\n',
    );
  });

  it('leaves encrypted values encrypted', async () => {
    const vault = '$ANSIBLE_VAULT;1.1;AES256\n6162\n';
    const source = write({ 'hosts.yml': `all: { hosts: { h: { x: !vault ${JSON.stringify(vault)} } } }\n` });
    const { inventory, varsOf } = await read(source);
    expect(JSON.parse(inventoryJson(inventory, varsOf))._meta.hostvars.h.x).toEqual({
      __ansible_vault: vault,
    });
    expect(inventoryYaml(inventory, varsOf)).toMatch(
      /x: !vault \|-?\n +\$ANSIBLE_VAULT;1.1;AES256\n +6162\n/,
    );
  });
});
