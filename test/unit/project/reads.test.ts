import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openProject } from '../../../src/api/open.ts';
import { changedSince, collectReads, type Reads } from '../../../src/project/reads.ts';

let dir = '';
const at = (...names: readonly string[]) => join(dir, ...names);
const PLAY =
  '[{ hosts: all, vars_files: [vars/web.yml], tasks: [{ nic_limits: { rules: [{ name: web, domain: web, inbound: 10 Mbit/s }] } }] }]';
const WHEN = new Date(0);

function write(name: string, text: string): void {
  writeFileSync(at(name), text);
  utimesSync(at(name), WHEN, WHEN);
}

async function load(): Promise<Reads> {
  const reads = new Map<string, string>();
  const input = { playbooks: [at('play.yml')], inventory: [at('inventory')], waivers: at('waivers.yml') };
  await collectReads(reads, () => openProject(input)).catch(() => {});
  return reads;
}

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-reads-'));
  for (const folder of ['inventory', 'inventory/group_vars', 'vars']) mkdirSync(at(folder));
  write('inventory/hosts.yml', 'all: { hosts: { hv1: } }');
  write('inventory/group_vars/all.yml', 'rate: 10 Mbit/s');
  write('vars/web.yml', 'average: 100');
  write('waivers.yml', 'waivers: []');
  write('play.yml', PLAY);
});
afterAll(() => rmSync(dir, { recursive: true }));

it('nothing has changed where nothing was touched', async () => {
  expect(await changedSince(await load())).toBe('');
});

it.each<[what: string, change: () => void]>([
  [
    'the playbook, written over with as many bytes and the old time',
    () => write('play.yml', PLAY.replace('name: web', 'name: wep')),
  ],
  ['the inventory', () => write('inventory/hosts.yml', 'all: { hosts: { hv2: } }')],
  ['variables of a group', () => write('inventory/group_vars/all.yml', 'rate: 20 Mbit/s')],
  [
    'a file of variables, as editors put it in place',
    () => {
      write('vars/new', 'average: 200');
      renameSync(at('vars/new'), at('vars/web.yml'));
    },
  ],
  ['the waivers', () => write('waivers.yml', 'waivers: [ ]')],
  ['one more inventory file in the folder', () => write('inventory/more.yml', 'all: { hosts: { hv3: } }')],
  ['the first variables of hosts', () => mkdirSync(at('inventory/host_vars'))],
  ['the first variables beside the playbook', () => mkdirSync(at('group_vars'))],
  ['a policy beside the playbook, where there was none', () => write('virtune.policy.yml', 'rules: []')],
  ['a file that goes', () => rmSync(at('vars/web.yml'))],
  ['and comes again, as a link', () => symlinkSync(at('waivers.yml'), at('vars/web.yml'))],
])('%s is a change, told in the same words until there is one more', async (_, change) => {
  const reads = await load();
  change();
  const words = await changedSince(reads);
  expect(words).not.toBe('');
  expect(await changedSince(reads)).toBe(words);
  expect(await changedSince(await load())).toBe('');
});

it('backups and hidden files of editors in folders are none', async () => {
  const reads = await load();
  write('inventory/.hosts.yml.swp', '');
  write('inventory/hosts.yml~', '');
  expect(await changedSince(reads)).toBe('');
});
