import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../src/inventory/build.ts';
import { parseHostList } from '../../src/inventory/host_list.ts';
import { parseInventory } from '../../src/inventory/parse.ts';
import { selectHosts } from '../../src/inventory/pattern.ts';
import { createHostVars } from '../../src/inventory/vars.ts';
import { loadYaml } from '../../src/project/yaml_file.ts';
import { parseEnvelope } from '../../src/vault/envelope.ts';
import { parseYaml } from '../../src/yaml/parse.ts';
import { sweep } from '../sweep.ts';
import { tree } from '../unit/project/tree.ts';
import { HOSTILE } from './hostile_yaml.ts';

/** How soon is for `npm run bench -- --only hostile`; here only what never comes to an end fails, by the time limit. */
describe('hostile YAML', () => {
  it.each(HOSTILE)('%s: refused', (_name, text) => {
    expect(parseYaml(text(), 'f').diagnostics.map((d) => d.severity)).toContain('error');
  });

  it('too many values: refused, and told what to do', () => {
    const text = `[${'a,\n'.repeat(240_000)}${'a,'.repeat(200_000)}]`;
    expect(
      parseYaml(text, 'f')
        .diagnostics.map((d) => d.message)
        .join(),
    ).toMatch(/too large: split it/);
  });

  it.each(['[', 'a: &a [*a]\n', '- x\n', '{"a": [1]},'])('64 MiB of %j are refused unread', async (unit) => {
    const file = join(await tree({ big: Buffer.alloc(64 * 1024 * 1024, unit) }), 'big');
    const { diagnostics } = await loadYaml(file, 'inventory');
    expect(diagnostics.map((d) => d.message)).toEqual([
      `the inventory ${file} is too large: more than 16 MiB`,
    ]);
  });
});

/** Everything that reads what users wrote, from text to the variables of hosts. */
function readAll(text: string): void {
  const { value } = parseYaml(text, 'f');
  const { statements } = parseInventory(value, 'f');
  const { inventory } = buildInventory(statements);
  const hostVars = createHostVars(inventory, { inventoryDirs: [] });
  for (const host of inventory.hosts.keys()) hostVars(host);
  selectHosts(inventory, 'all');
}

const POLLUTING = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'hasOwnProperty',
  'a',
  'hosts',
  'children',
  'vars',
  '_meta',
  'hostvars',
  'all',
];
const name = fc.constantFrom(...POLLUTING);
const nested = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 },
    fc.constantFrom(null, 1, 'x', true),
    fc.array(tie('value'), { maxLength: 3 }),
    fc.array(fc.tuple(name, tie('value')), { maxLength: 4 }).map((entries) => ({ entries })),
  ),
})).value;

/** As JSON.stringify, but with every key, also `__proto__` and the same twice. */
function write(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(write).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const { entries } = value as { readonly entries: readonly (readonly [string, unknown])[] };
  return `{${entries.map(([key, member]) => `${JSON.stringify(key)}: ${write(member)}`).join(', ')}}`;
}

describe('whatever is written', () => {
  it('does not reach the prototype of objects', () => {
    const before = Reflect.ownKeys(Object.prototype).length;
    fc.assert(
      fc.property(nested, fc.boolean(), (value, asJson) => {
        readAll(asJson ? write(value) : `# YAML\n${write(value)}`);
        expect(Reflect.ownKeys(Object.prototype)).toHaveLength(before);
        expect(({} as Record<string, unknown>).a).toBeUndefined();
      }),
      sweep(500),
    );
  });

  const fragment = fc.constantFrom(
    'a',
    'all',
    'hosts',
    ':',
    ': ',
    '\n',
    '\n  ',
    '\n    ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    ',',
    '"',
    "'",
    '|',
    '>',
    '&a',
    '*a',
    '<<: ',
    '!vault',
    '#',
    '1',
    'h[1:3]',
    '---\n',
    '? ',
    '\t',
    '%',
    '\u2028',
    '😀',
    '\\',
  );
  it('is never thrown at', () => {
    fc.assert(
      fc.property(fc.array(fragment, { maxLength: 40 }), (parts) => readAll(parts.join(''))),
      sweep(3000),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => readAll(text)),
      sweep(2000),
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        buildInventory(parseHostList(text).statements);
        parseEnvelope(text);
        parseEnvelope(`$ANSIBLE_VAULT;1.1;AES256\n${text}`);
      }),
      sweep(2000),
    );
  });
});
