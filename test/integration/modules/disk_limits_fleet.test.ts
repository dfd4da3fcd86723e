import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain } from '../../../src/sim/lifecycle.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** `disk_limits` against a simulated host, whose `blkdeviotune` behaves as libvirt's. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-disk-'));
  host = simHost('hv1');
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

it('limits move from any to any in one run each, and the VM starts with them', async () => {
  defineDomain(host, { name: 'on', nics: [] });
  const off = defineDomain(host, { name: 'off', nics: [], state: 'shutoff' });
  const run = (rule: string, over = {}) =>
    runRules({ module: diskLimits, fleet, dir }, `- { domain: "*", ${rule} }`, over);
  for (const rule of [
    'total_bytes_sec: 50 MB/s, burst: { bytes: 100 MB/s, for: 5 s }',
    'read_bytes_sec: 5 MB/s, write_bytes_sec: unlimited, burst: { bytes: 6 MB/s }',
    'total_iops_sec: 500, burst: { iops: 1000, for: 9 }, iops_size: 16 KiB',
    'total_bytes_sec: 7 MB/s, total_iops_sec: 300',
    'total_bytes_sec: unlimited, total_iops_sec: unlimited',
  ]) {
    expect([rule, (await run(rule, { check: true })).subjects]).toEqual([
      rule,
      ['on pending', 'off pending'],
    ]);
    expect([rule, (await run(rule)).subjects]).toEqual([rule, ['on changed', 'off changed']]);
    expect([rule, (await run(rule)).subjects]).toEqual([rule, ['on inSync', 'off inSync']]);
  }
  expect(off.configTuning?.disks[0]?.iotune ?? null).toBeNull();
  await run('total_iops_sec: 300, burst: { iops: 400 }');
  expect(startDomain(host, off)).toBeNull();
});

it('groups are made, changed, left and kept over a restart, each in one run', async () => {
  const on = defineDomain(host, { name: 'on', nics: [], disks: [{ target: 'vda' }, { target: 'vdb' }] });
  const run = (rule: string) => runRules({ module: diskLimits, fleet, dir }, `- { domain: "*", ${rule} }`);
  for (const rule of [
    'group: g, total_bytes_sec: 50 MB/s, burst: { bytes: 60 MB/s, for: 5 s }',
    'group: g, total_bytes_sec: 70 MB/s, total_iops_sec: 300',
    'group: h, read_bytes_sec: 1 MB/s, write_bytes_sec: 2 MB/s',
    'total_iops_sec: 400',
    'group: none, total_iops_sec: 500',
    'group: g, total_iops_sec: 500, iops_size: 16 KiB',
    'total_bytes_sec: unlimited, total_iops_sec: unlimited',
  ]) {
    expect([rule, (await run(rule)).subjects]).toEqual([rule, ['on changed', 'on changed']]);
    expect([rule, (await run(rule)).subjects]).toEqual([rule, ['on inSync', 'on inSync']]);
  }
  expect(on.configTuning?.disks.map(({ iotune }) => iotune)).toEqual([null, null]);
  await run('group: g, total_bytes_sec: 50 MB/s');
  expect(on.liveTuning?.disks.map(({ iotune }) => iotune?.group_name)).toEqual(['g', 'g']);
  on.state = 'shutoff';
  expect(startDomain(host, on)).toBeNull();
});
