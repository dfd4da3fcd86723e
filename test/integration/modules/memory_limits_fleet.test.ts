import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { memoryLimits } from '../../../src/modules/memory_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain } from '../../../src/sim/lifecycle.ts';
import { type SimDomain, type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** `memory_limits` against a simulated host, whose `memtune` behaves as libvirt's, and whose kernel ends what has too little. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let on: SimDomain;
let off: SimDomain;
const GIB = 1024 ** 2;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-memory-'));
  host = simHost('hv1');
  on = defineDomain(host, { name: 'on', nics: [], memoryKiB: 4 * GIB });
  off = defineDomain(host, { name: 'off', nics: [], memoryKiB: 4 * GIB, state: 'shutoff' });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const run = (rule: string, over = {}) =>
  runRules({ module: memoryLimits, fleet, dir }, `- { domain: "*", ${rule} }`, over);
const has = () => [on.liveTuning?.memory, on.configTuning?.memory, off.configTuning?.memory];
const same = (limits: object) => [limits, limits, limits];

describe('limits of memory on a host', () => {
  it('are set, read back, and then in sync', async () => {
    const rule = 'soft_limit: 120% of memory, hard_limit: memory + 2 GiB, swap_hard_limit: 8 GiB';
    expect((await run(rule, { check: true })).subjects).toEqual(['on pending', 'off pending']);
    expect(has()).toEqual(same({}));
    const done = await run(rule);
    expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
    const limits = { soft_limit: Math.floor(4.8 * GIB), hard_limit: 6 * GIB, swap_hard_limit: 8 * GIB };
    expect(has()).toEqual(same(limits));
    expect((await run(rule)).subjects).toEqual(['on inSync', 'off inSync']);
    expect(startDomain(host, off)).toBeNull();
  });

  it('are moved up, down and away, each in one run', async () => {
    for (const [hard, swap] of [
      ['6 GiB', '8 GiB'],
      ['9 GiB', '10 GiB'],
      ['5 GiB', '5 GiB'],
      ['7 GiB', 'unlimited'],
      ['6 GiB', '6 GiB'],
      ['unlimited', 'unlimited'],
    ]) {
      const done = await run(`hard_limit: ${hard}, swap_hard_limit: ${swap}`);
      expect([hard, swap, done.code, done.subjects]).toEqual([hard, swap, 0, ['on changed', 'off changed']]);
    }
    expect(has()).toEqual(same({}));
  });

  it('of one state do not meet those of the other', async () => {
    await run('hard_limit: 6 GiB, swap_hard_limit: 7 GiB, apply_to: live');
    const done = await run('hard_limit: 8 GiB, apply_to: config');
    expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
    expect(has()[0]).toEqual({ hard_limit: 6 * GIB, swap_hard_limit: 7 * GIB });
    expect(has()[1]).toEqual({ hard_limit: 8 * GIB });
  });

  it('that would end the VM are refused, and it runs on and starts', async () => {
    for (const rule of ['hard_limit: 1 GiB', 'hard_limit: 4 GiB', 'hard_limit: 1 GiB, force: hard_limit']) {
      const done = await run(rule);
      expect([done.code, done.subjects]).toEqual([
        5,
        [expect.stringMatching(/^on refused/), expect.stringMatching(/^off refused/)],
      ]);
    }
    expect(has()).toEqual(same({}));
    expect(on.state).toBe('running');
    expect(startDomain(host, off)).toBeNull();
  });

  it('that libvirt cannot set leave the configuration as it is', async () => {
    host.knobs.failLive = ['memtune'];
    const done = await run('soft_limit: 5 GiB, hard_limit: 6 GiB');
    expect(done.subjects).toEqual([expect.stringMatching(/^on failed: .*Unable to write to/), 'off changed']);
    expect(on.configTuning?.memory).toEqual({});
    // The soft limit was set before the hard one failed, and the report says so.
    expect(done.changes[0]?.after?.live).toMatchObject({ soft_limit: 5 * GIB, hard_limit: null });
  });

  it('are not written without cgroups', async () => {
    host.knobs.cgroups = [];
    const done = await run('hard_limit: 6 GiB');
    expect(done.subjects).toEqual([
      expect.stringMatching(/^on unsupported/),
      expect.stringMatching(/^off unsupported/),
    ]);
    expect(has()).toEqual(same({}));
  });
});
