import { chmodSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect } from 'vitest';
import { createHostVars, MAGIC_VARS } from '../../../src/inventory/vars.ts';
import type { Vars } from '../../../src/model/inventory.ts';
import { loadInventory } from '../../../src/project/inventory.ts';

/** Files of inventories by what is special about them. */
export const INVENTORIES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
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

/** @returns what to give with -i */
export function writeInventory(files: Readonly<Record<string, string>>): string {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-inventory-'));
  chmodSync(dir, 0o755);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(dir, name)), { recursive: true });
    writeFileSync(join(dir, name), text);
  }
  return dir;
}

/** The inventory and the variables that printing it takes. */
export async function readInventory(source: string) {
  const { inventory, varDirs, diagnostics } = await loadInventory([source]);
  expect(diagnostics.filter((d) => d.severity === 'error')).toEqual([]);
  const vars = createHostVars(inventory, { inventoryDirs: varDirs });
  const varsOf = (host: string): Vars =>
    Object.fromEntries(
      Object.entries(vars(host)).filter(([name]) => !(MAGIC_VARS as readonly string[]).includes(name)),
    );
  return { inventory, varsOf };
}
