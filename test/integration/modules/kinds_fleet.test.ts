import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimDomain, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** Rules for all that can be limited, on a simulated host some of whose cards cannot be. */

let dir = '';
let fleet: SimFleet;
let mixed: SimDomain;

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-kinds-'));
  const host = simHost('hv1');
  const nics = [{ source: { bridge: 'br0' } }, { type: 'vhostuser' }, { type: 'hostdev' }] as const;
  mixed = defineDomain(host, { name: 'mixed', nics });
  defineDomain(host, { name: 'off', nics, state: 'shutoff' });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterAll(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const run = (rule: string, check = false) =>
  runRules({ module: nicLimits, fleet, dir }, `- { domain: "*", ${rule} }`, { check });
const status = ({ subjects }: Awaited<ReturnType<typeof run>>) =>
  subjects.map((line) => line.replace(/:.*/, ''));

it('fails where a rule means a card that cannot be limited', async () => {
  const all = await run('rate: 1000', true);
  expect([all.code, all.changes.filter((change) => change.ignored)]).toEqual([3, []]);
});

it('skips them where the rule says so, and is in sync at the next run', async () => {
  const first = await run('rate: 1000, skip_unsupported: true');
  const one = ['changed', 'unsupported', 'unsupported'];
  expect([first.code, status(first)]).toEqual([
    0,
    [...one.map((word) => `mixed ${word}`), ...one.map((word) => `off ${word}`)],
  ]);
  expect(mixed.live?.map(({ bandwidth }) => bandwidth?.inbound?.average)).toEqual([
    1000,
    undefined,
    undefined,
  ]);
  const second = await run('rate: 1000, skip_unsupported: true', true);
  expect([second.code, status(second)[0]]).toEqual([0, 'mixed inSync']);
});

it('leaves them out where the rule does not mean them', async () => {
  const done = await run('nic: { type: ["!vhostuser", "!hostdev"] }, rate: 2000');
  expect([done.code, status(done)]).toEqual([0, ['mixed changed', 'off changed']]);
});
