import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../../src/inventory/build.ts';
import { parseInventory } from '../../../src/inventory/parse.ts';
import { selectLimit } from '../../../src/project/limit.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { tree } from './tree.ts';

const { inventory } = buildInventory(
  parseInventory(parseYaml('web: {hosts: {"w[1:3]": }}\ndb: {hosts: {"d[1:3]": }}', 'i').value, 'i')
    .statements,
);

describe('selectLimit', () => {
  it.each([
    ['w3\nd1\n', '@FILE', 'w3 d1'],
    ['\n  d1  \r\n\nw1', '@FILE', 'd1 w1'],
    ['web\n!w2\n', '@FILE', 'w1 w3'],
    ['web\n', '@FILE,&w*,!w1', 'w2 w3'],
    ['w1\n', 'd2,@FILE', 'd2 w1'],
    ['!w1\n', '@FILE', 'w2 w3 d1 d2 d3'],
    ['web[0]\n', '@FILE', 'w1'],
  ])('%j as %s', async (text, limit, expected) => {
    const file = join(await tree({ list: text }), 'list');
    const { hosts, diagnostics } = await selectLimit(inventory, limit.replace('FILE', file));
    expect(diagnostics).toEqual([]);
    expect(hosts.join(' ')).toBe(expected);
  });

  it('says which line names nothing, and does not split it', async () => {
    const file = join(await tree({ list: 'w1\n w9\nw1,w2\n' }), 'list');
    const { hosts, diagnostics } = await selectLimit(inventory, `@${file}`);
    expect(hosts).toEqual([]);
    expect(diagnostics.map((d) => [d.message, d.place])).toEqual([
      ['no host or group matches "w9"', { file, line: 2, column: 2 }],
      ['no host or group matches "w1,w2"', { file, line: 3, column: 1 }],
    ]);
  });

  it.each([
    ['', /names no host/],
    ['\n \n', /names no host/],
    [null, /does not exist/],
  ])('refuses a file %j, so that no limit is never meant', async (text, message) => {
    const root = await tree(text === null ? {} : { list: text });
    const { hosts, diagnostics } = await selectLimit(inventory, `@${join(root, 'list')}`);
    expect(hosts).toEqual([]);
    expect(diagnostics.map((d) => d.message)).toEqual([expect.stringMatching(message)]);
  });
});
