import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blockLimits } from '../../../src/modules/block_limits/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** A server that ends the connection at a command line of more than 9,000 characters, as dropbear does. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
const VMS = Array.from({ length: 90 }, (_, i) => `vm-${i}`);

beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-lines-'));
  host = simHost('hv1');
  for (const name of VMS) defineDomain(host, { name, nics: [{ source: { bridge: 'br0' } }] });
  const faults = { hv1: { longestCommand: 9_000 } };
  fleet = await startSimFleet([host], { faults, software: 'dropbear_2022.83' });
  await writeFleetFiles(fleet, dir);
});

afterAll(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const run = (rule: string) => runRules({ module: nicLimits, fleet, dir }, `- { ${rule} }`);

it('is read and written by as many lines as that takes, over one connection', async () => {
  for (const rule of [`domain: [${VMS}], rate: 9000`, 'domain: "*", inbound: 8000, outbound: unlimited']) {
    const done = await run(rule);
    expect([done.code, done.errors, done.subjects.length]).toEqual([0, [], VMS.length]);
    expect(new Set(done.subjects.map((one) => one.split(' ')[1]))).toEqual(new Set(['changed']));
  }
  expect(fleet.hosts[0]?.counts.connections).toBe(2);
});

it('is told where no line is short enough, before anything is sent', async () => {
  const before = fleet.hosts[0]?.counts.execs;
  const devices = Array.from({ length: 40 }, (_, i) => `/dev/disk/by-id/${'nvme-eui.'.repeat(7)}${i}`);
  const rules = `- { domain: "*", device: [${devices}], read_iops_sec: 5 }`;
  const { code, errors } = await runRules({ module: blockLimits, fleet, dir }, rules);
  expect([code, errors]).toEqual([
    4,
    [expect.stringMatching(/^hv1 takes no command line of \d+ .*dropbear/)],
  ]);
  expect(fleet.hosts[0]?.counts.execs).toBe(before);
});
