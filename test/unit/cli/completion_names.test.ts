import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inventoryNames } from '../../../src/cli/completion/names.ts';

/** What a shell would read as more than a name, in any of the three that are completed. */
const MORE = [
  '$(touch x)',
  '`touch x`',
  'a;b',
  'a|b',
  'a&b',
  'a>b',
  "a'b",
  'a"b',
  'a\\b',
  'a*b',
  'a?b',
  '~a',
  'a b',
  '{a,b}',
  '!a',
  '#a',
  '-a',
  '=a',
  '$HOME',
  'a\u202eb',
];
const NAMES = ['hv1', 'hv-01.example.net', 'Hv_2', 'größe', '10.0.0.1', 'a%b', 'a+b'];

it('offers hosts and groups by plain names alone', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'virtune-names-'));
  const file = join(dir, 'hosts.yml');
  const members = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, {}]));
  // JSON is YAML. A name that no inventory may have is left out with its file's other mistakes.
  const offered = async (hosts: readonly string[], groups: readonly string[]) => {
    writeFileSync(file, JSON.stringify({ all: { hosts: members(hosts), children: members(groups) } }));
    return inventoryNames([file]);
  };
  const plain = await offered(NAMES, ['web_1']);
  expect(plain.hosts.toSorted()).toEqual(NAMES.toSorted());
  expect(plain.groups).toEqual(expect.arrayContaining(['all', 'web_1']));
  for (const name of MORE) {
    const { hosts, groups } = await offered(['hv1', name], ['web', name]);
    expect([name, hosts.includes(name), groups.includes(name)]).toEqual([name, false, false]);
  }
});
