import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadYaml } from '../../../src/load/yaml_file.ts';
import { parseHostList } from '../../../src/parse/host_list.ts';
import { parseInventory } from '../../../src/parse/inventory.ts';
import { buildInventory } from '../../../src/parse/inventory_build.ts';
import { selectHosts } from '../../../src/parse/pattern.ts';
import { createHostVars } from '../../../src/parse/vars.ts';
import { parseEnvelope } from '../../../src/parse/vault.ts';
import { parseYaml } from '../../../src/parse/yaml.ts';
import { MAX_BYTES } from '../../../src/parse/yaml_syntax.ts';
import { tree } from '../load/tree.ts';

const SIZE = MAX_BYTES - 1000;
const full = (unit: string) => unit.repeat(Math.ceil(SIZE / unit.length)).slice(0, SIZE);
const counted = (count: number, line: (i: number) => string) =>
  Array.from({ length: count }, (_, i) => line(i))
    .join('\n')
    .slice(0, SIZE);
const nine = (i: number) =>
  Array(9)
    .fill(`*a${i - 1}`)
    .join(', ');

/** Almost 16 MiB each, which is what a file may have: whatever costs a parser more than it costs to write. */
const HOSTILE: readonly (readonly [name: string, text: () => string])[] = [
  ...[
    '[',
    '{',
    '{}',
    ']',
    '- ',
    '? ',
    ': ',
    ':',
    '!',
    '*',
    '&',
    '%',
    ' ',
    '\t',
    '\r',
    '\n',
    '\0',
    '\ud800',
    'x',
    "'",
  ].map((unit) => [JSON.stringify(unit), () => full(unit)] as const),
  ...[
    '- x\n',
    'a: 1\n',
    '- &a x\n',
    '- !!str x\n',
    '---\n',
    '--- x\n...\n',
    '%YAML 1.1\n',
    '# x\n',
    '?\n',
    'a: b: c\n',
    'a: [\n',
    '- {a\n',
    '<<: {a: 1}\n',
  ].map((unit) => [JSON.stringify(unit), () => full(unit)] as const),
  ['items in brackets', () => `[${full('x,')}`],
  ['commas', () => `[${full(',')}`],
  ['aliases', () => `- &a x\n${full('- *a\n')}`],
  ['keys that differ', () => counted(1_300_000, (i) => `k${i}: 1`)],
  ['an open quote', () => `"${full('x ')}`],
  ['escapes', () => `"${full('\\x41')}"`],
  ['a block of text', () => `a: |\n${full(' x\n')}`],
  ['a folded block', () => `a: >\n${full(' x\n\n')}`],
  ['JSON', () => `[${full('{"a":[1,2,3]},')}`],
  ['deep JSON', () => full('{"a":')],
  ['a text of JSON', () => `["${full('\\"')}`],
  ['backslashes', () => `["${full('\\')}`],
  ['a long key', () => `${full('x')}: 1`],
  ['lines before a colon', () => `${full('x\n')}: y`],
  ['ever deeper', () => counted(5000, (i) => `${' '.repeat(i)}a:`)],
  ['a billion laughs', () => counted(40, (i) => `a${i}: &a${i} [${i === 0 ? 'x' : nine(i)}]`)],
  [
    'a billion merges',
    () => counted(60, (i) => `a${i}: &a${i} {<<: [${i === 0 ? '{}' : nine(i)}], k${i}: 1}`),
  ],
];

/** The best of some tries: other tests run beside this one. */
async function bestTime(work: () => unknown): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  for (let tries = 0; tries < 5 && best > 1000; tries++) {
    const started = performance.now();
    await work();
    best = Math.min(best, performance.now() - started);
  }
  return best;
}

describe('hostile YAML', () => {
  it.each(HOSTILE)('%s: refused within a second', async (_name, text) => {
    const hostile = text();
    let refused = false;
    const time = await bestTime(() => {
      refused = parseYaml(hostile, 'f').diagnostics.some((d) => d.severity === 'error');
    });
    expect(refused).toBe(true);
    expect(time).toBeLessThan(1000);
  });

  it.each(['[', 'a: &a [*a]\n', '- x\n', '{"a": [1]},'])(
    '64 MiB of %j are refused within a second',
    async (unit) => {
      const size = 64 * 1024 * 1024;
      const file = join(await tree({ big: Buffer.alloc(size, unit) }), 'big');
      let messages: readonly string[] = [];
      const time = await bestTime(async () => {
        messages = (await loadYaml(file, 'inventory')).diagnostics.map((d) => d.message);
      });
      expect(messages).toEqual([`the inventory ${file} is too large: more than 16 MiB`]);
      expect(time).toBeLessThan(1000);
    },
  );
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
      { numRuns: 500 },
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
      { numRuns: 3000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => readAll(text)),
      { numRuns: 2000 },
    );
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        buildInventory(parseHostList(text).statements);
        parseEnvelope(text);
        parseEnvelope(`$ANSIBLE_VAULT;1.1;AES256\n${text}`);
      }),
      { numRuns: 2000 },
    );
  });
});
