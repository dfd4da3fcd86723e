import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimDomain, type SimHost, type SimKnobs, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** Steps of two commands, of which the second one fails: the first has taken something away. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let vm: SimDomain;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-half-'));
  host = simHost('hv1');
  host.knobs.lockTimeoutMs = 1;
  const ovs = { virtualport: 'openvswitch', source: { bridge: 'ovsbr0' } } as const;
  vm = defineDomain(host, { name: 'web', nics: [ovs], disks: [{ target: 'vda' }, { target: 'vdb' }] });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

/** Of the live sets from now on, these fail, counted from 1. */
function fail(what: SimKnobs['failLive'][number], ...which: readonly number[]) {
  let count = 0;
  host.knobs.failLive = Object.assign([], {
    includes: (name: string) => name === what && which.includes(++count),
  });
}

describe('a disk that leaves its group', () => {
  const run = (rule: string, over = {}) =>
    runRules({ module: diskLimits, fleet, dir }, `- { domain: "*", disk: vda, ${rule} }`, over);
  const disks = () => [vm.liveTuning?.disks, vm.configTuning?.disks].map((all) => all?.map((d) => d.iotune));

  beforeEach(async () => {
    const both = '- { domain: "*", disk: all, group: g, total_bytes_sec: 50 MB/s, total_iops_sec: 300 }';
    expect((await runRules({ module: diskLimits, fleet, dir }, both)).code).toBe(0);
  });

  it.each(['both', 'live', 'config'])(
    'and is not given its limits gets back what it had, apply_to: %s',
    async (to) => {
      const before = disks();
      fail('blkdeviotune', 2);
      const done = await run(`group: none, apply_to: ${to}`);
      // Nothing of the configuration fails here.
      if (to === 'config') return expect(done.code).toBe(0);
      expect([done.code, done.subjects]).toEqual([
        3,
        [expect.stringMatching(/^web failed: .*; the limits from before were put back$/)],
      ]);
      expect(disks()).toEqual(before);
      fail('blkdeviotune');
      expect((await run(`group: none, apply_to: ${to}`)).subjects).toEqual(['web changed']);
      return undefined;
    },
  );

  it('and can be given neither is told so', async () => {
    fail('blkdeviotune', 2, 3);
    const { subjects } = await run('group: none');
    expect(subjects).toEqual([expect.stringMatching(/^web failed: .*not known what is in force.*--rewrite/)]);
  });

  it('and cannot be taken out of it changes no other disk', async () => {
    const before = disks();
    fail('blkdeviotune', 1);
    const { code, subjects } = await run('group: none, total_bytes_sec: 9 MB/s');
    expect([code, subjects]).toEqual([3, [expect.stringMatching(/^web failed: .*were put back$/)]]);
    expect(disks()).toEqual(before);
  });
});

it('a port of Open vSwitch that was cleared and not set gets back what it had', async () => {
  const run = (rule: string) =>
    runRules({ module: nicLimits, fleet, dir }, `- { domain: "*", inbound: { average: ${rule} } }`);
  expect((await run('1 MB/s, peak: 3 MB/s, burst: 1 MiB')).code).toBe(0);
  const before = vm.live?.[0]?.bandwidth;
  fail('domiftune', 2);
  const done = await run('2 MB/s');
  expect([done.code, done.subjects]).toEqual([3, [expect.stringMatching(/^web failed: .*were put back$/)]]);
  expect(vm.live?.[0]?.bandwidth).toEqual(before);
});

describe('a tap whose queues another program deletes while libvirt sets them', () => {
  let tap: SimDomain;
  const run = () =>
    runRules({ module: nicLimits, fleet, dir }, '- { domain: tap, inbound: 1 MB/s, outbound: 1 MB/s }');

  beforeEach(() => {
    tap = defineDomain(host, { name: 'tap', nics: [{ source: { bridge: 'br0' } }] });
  });

  it('is set once more at once, and it is told', async () => {
    host.knobs.raced = 1;
    const { code, subjects, changes } = await run();
    expect([code, subjects]).toEqual([0, ['tap changed']]);
    expect(changes[0]?.notes).toEqual([
      expect.stringMatching(/^at a first try another program set this device's queues/),
    ]);
    expect(tap.live?.[0]).toMatchObject({
      bandwidth: { outbound: { average: 1000 } },
      tc: { policer: { average: 1000 } },
    });
  });

  it('and again is given back what it had', async () => {
    host.knobs.raced = 2;
    const { code, subjects } = await run();
    expect([code, subjects]).toEqual([
      3,
      [expect.stringMatching(/^tap failed: .*Parent Qdisc doesn't exists.*without limits as before$/)],
    ]);
    expect(tap.live?.[0]).toMatchObject({ bandwidth: null, tc: { shaper: null, ingress: false } });
    expect((await run()).subjects).toEqual(['tap changed']);
  });
});
