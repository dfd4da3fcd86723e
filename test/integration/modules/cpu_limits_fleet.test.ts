import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain } from '../../../src/sim/lifecycle.ts';
import { type SimDomain, type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** `cpu_limits` against a simulated host, whose `schedinfo` behaves as libvirt's. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let on: SimDomain;
let off: SimDomain;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-cpu-'));
  host = simHost('hv1');
  on = defineDomain(host, { name: 'on', nics: [], cpu: {} });
  off = defineDomain(host, { name: 'off', nics: [], cpu: {}, state: 'shutoff' });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const run = (rule: string, over = {}) =>
  runRules({ module: cpuLimits, fleet, dir }, `- { domain: "*", ${rule} }`, over);
const has = () => [on.liveTuning?.cpu, on.configTuning?.cpu, off.configTuning?.cpu];

describe('limits of CPU on a host', () => {
  it('are set, read back, and then in sync', async () => {
    const rule = 'cpu_quota: 50%, total: 80%, cpu_shares: 20';
    const checked = await run(rule, { check: true });
    expect([checked.code, checked.subjects]).toEqual([2, ['on pending', 'off pending']]);
    expect(has()).toEqual([{}, {}, {}]);
    const set = {
      cpu_shares: 20,
      vcpu_period: 100_000,
      vcpu_quota: 50_000,
      global_period: 100_000,
      global_quota: 80_000,
    };
    const done = await run(rule);
    expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
    expect(has()).toEqual([set, set, set]);
    expect(done.changes[0]?.after?.live).toMatchObject({ 'cpu_quota.quota': 50_000, cpu_shares: 20 });
    expect((await run(rule)).subjects).toEqual(['on inSync', 'off inSync']);
    expect(fleet.hosts.map(({ counts }) => [counts.connections, counts.execs])).toEqual([[3, 4]]);
  });

  it('are taken away in both states, and stay away', async () => {
    await run('cpu_quota: 50%, total: 80%');
    const done = await run('cpu_quota: unlimited, total: unlimited');
    expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
    expect(has()).toEqual([
      { vcpu_period: 100_000, vcpu_quota: -1, global_period: 100_000, global_quota: -1 },
      {},
      {},
    ]);
    expect((await run('cpu_quota: unlimited, total: unlimited')).subjects).toEqual([
      'on inSync',
      'off inSync',
    ]);
  });

  it('change nothing else of a VM', async () => {
    await run('cpu_quota: 50%, cpu_shares: 20');
    const before = JSON.stringify([on.liveTuning, on.configTuning, off.configTuning]);
    await run('total: 70%');
    await run('total: unlimited');
    const after = JSON.stringify([on.liveTuning, on.configTuning, off.configTuning]);
    expect(after.replaceAll(/"global_(?:period|quota)":-?\d+,?/g, '').replaceAll(',}', '}')).toBe(before);
  });

  it('put right shares with which the VM would not start', async () => {
    off.configTuning = { ...off.configTuning!, cpu: { cpu_shares: 0 } };
    expect(startDomain(host, off)).toMatch(/shares/);
    await run('cpu_shares: 100');
    expect(startDomain(host, off)).toBeNull();
    expect(off.liveTuning?.cpu.cpu_shares).toBe(100);
  });

  it('that libvirt cannot set leave the configuration as it is', async () => {
    host.knobs.failLive = ['schedinfo'];
    const done = await run('cpu_quota: 50%');
    expect([done.code, done.subjects]).toEqual([
      3,
      [expect.stringMatching(/^on failed: .*Unable to write to/), 'off changed'],
    ]);
    expect(on.configTuning?.cpu).toEqual({});
  });

  it('are not written without cgroups, and every VM still starts', async () => {
    host.knobs.cgroups = [];
    const done = await run('cpu_quota: 50%');
    expect(done.subjects).toEqual([
      expect.stringMatching(/^on unsupported: libvirt has no CPU cgroup/),
      expect.stringMatching(/^off unsupported: .* the VM might not start$/),
    ]);
    expect(has()).toEqual([{}, {}, {}]);
    expect(startDomain(host, off)).toBeNull();
  });

  it('are not written in session mode', async () => {
    host.knobs.session = true;
    expect((await run('cpu_shares: 50')).subjects[0]).toMatch(/^on unsupported: .*session mode/);
  });

  it('that only the kernel of the running VM lacks are said as libvirt says it', async () => {
    host.knobs.cgroups = ['memory'];
    const done = await run('cpu_quota: 50%');
    expect(done.subjects[0]).toBe(
      'on failed: Requested operation is not valid: cgroup CPU controller is not mounted',
    );
    expect(on.configTuning?.cpu).toEqual({});
  });
});
