import { randomUUID } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { inventoryNames } from '../../../src/cli/completion/names.ts';
import { recordedVms } from '../../../src/cli/completion/vms.ts';
import { change, head, recorded, stateDir } from '../record/build.ts';

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

it('offers the VMs of a host that the newest runs have changed, by their plain names, and none without a record', async () => {
  const state = stateDir();
  const on = (host: string, name: string) =>
    change(1, 2, { host, domain: { uuid: randomUUID(), name, state: 'running', persistent: true } });
  await recorded(state, head(1), [on('hv1', 'old')]);
  await recorded(state, head(2), [on('hv1', 'web-1'), on('hv2', 'other'), on('hv1', '$(touch x)')]);
  expect((await recordedVms(state, 'hv1')).toSorted()).toEqual(['old', 'web-1']);
  for (let second = 3; second < 8; second++) await recorded(state, head(second), []);
  expect(await recordedVms(state, 'hv1')).toEqual([]);
  expect(await recordedVms(stateDir(), 'hv1')).toEqual([]);
});
