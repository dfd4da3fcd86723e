import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { blockLimits } from '../../../src/modules/block_limits/index.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { startDomain } from '../../../src/sim/lifecycle.ts';
import { type SimDomain, type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** `block_limits` against a simulated host, whose `blkiotune` takes any path into a configuration, as libvirt's does. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let on: SimDomain;
let off: SimDomain;
const BY_ID = '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4';
const OTHER = {
  path: '/dev/vda',
  read_bytes_sec: 7,
  write_bytes_sec: 0,
  read_iops_sec: 0,
  write_iops_sec: 8,
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-block-'));
  host = simHost('hv1');
  on = defineDomain(host, { name: 'on', nics: [] });
  off = defineDomain(host, { name: 'off', nics: [], state: 'shutoff' });
  const block = { weight: 300, devices: [OTHER] };
  on.liveTuning = { ...on.liveTuning!, block };
  for (const vm of [on, off]) vm.configTuning = { ...vm.configTuning!, block };
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

const run = (rule: string, over = {}) =>
  runRules({ module: blockLimits, fleet, dir }, `- { domain: "*", ${rule} }`, over);
const has = () => [on.liveTuning?.block, on.configTuning?.block, off.configTuning?.block];
const same = (...devices: object[]) => has().map(() => ({ weight: 300, devices: [OTHER, ...devices] }));
const limited = (path: string, limits: object) => ({
  ...{ path, read_bytes_sec: 0, write_bytes_sec: 0, read_iops_sec: 0, write_iops_sec: 0 },
  ...limits,
});

describe('limits of block devices on a host', () => {
  it('are set, moved and taken away, of the device that is named, and the VM starts', async () => {
    for (const [rule, ...devices] of [
      [
        'read_bytes_sec: 50 MB/s, write_iops_sec: 90',
        limited('/dev/sda', { read_bytes_sec: 5e7, write_iops_sec: 90 }),
      ],
      [
        'write_bytes_sec: 1 MiB/s',
        limited('/dev/sda', { read_bytes_sec: 5e7, write_bytes_sec: 1_048_576, write_iops_sec: 90 }),
      ],
      ['write_iops_sec: unlimited, write_bytes_sec: unlimited', limited('/dev/sda', { read_bytes_sec: 5e7 })],
      ['read_bytes_sec: unlimited'],
    ] as const) {
      const before = has();
      expect((await run(`device: /dev/sda, ${rule}`, { check: true })).subjects).toEqual([
        'on pending',
        'off pending',
      ]);
      expect(has()).toEqual(before);
      const done = await run(`device: /dev/sda, ${rule}`);
      expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
      expect(has()).toEqual(same(...devices));
      expect((await run(`device: /dev/sda, ${rule}`)).subjects).toEqual(['on inSync', 'off inSync']);
    }
    await run('device: /dev/sda, read_iops_sec: 5');
    expect(startDomain(host, off)).toBeNull();
  });

  it('are read and set however many devices the rules of a fleet name', async () => {
    const others = Array.from({ length: 500 }, (_, i) => `/dev/disk/by-id/${'nvme-eui.'.repeat(7)}${i}`);
    const rules = [
      `- { domain: "elsewhere-*", device: [${others}], read_iops_sec: 5 }`,
      '- { domain: "*", device: [/dev/sda], read_iops_sec: 7 }',
    ];
    const done = await runRules({ module: blockLimits, fleet, dir }, rules.join('\n'));
    expect([done.code, done.subjects]).toEqual([0, ['on changed', 'off changed']]);
    expect(has()).toEqual(same(limited('/dev/sda', { read_iops_sec: 7 })));
    // Three lines to read, one to write.
    expect(fleet.hosts.map(({ counts }) => counts)).toEqual([{ connections: 1, execs: 4 }]);
  });

  it('keep the name by which libvirt has the device', async () => {
    await run(`device: ${BY_ID}, read_iops_sec: 5`);
    const wrong = await run('device: /dev/sda, read_iops_sec: 6');
    expect(wrong.code).toBe(5);
    expect(wrong.subjects).toEqual([
      expect.stringMatching(/^on refused: libvirt has limits of this device as \/dev\/disk/),
      expect.stringMatching(/^off refused/),
    ]);
    expect((await run(`device: [/dev/sda, ${BY_ID}], read_iops_sec: 6`)).code).toBe(0);
    expect(has()).toEqual(same(limited(BY_ID, { read_iops_sec: 6 })));
  });

  it('that would keep a VM from starting are refused before anything is written', async () => {
    for (const path of ['/dev/nope', '/dev/null', '/dev/sda1']) {
      const done = await run(`device: ${path}, read_iops_sec: 5`);
      expect([path, done.code, done.subjects]).toEqual([
        path,
        5,
        [expect.stringMatching(/^on refused: /), expect.stringMatching(/^off refused: .*would not start$/)],
      ]);
      expect(has()).toEqual(same());
    }
    expect(startDomain(host, off)).toBeNull();
  });

  it('are not written by a path that leads elsewhere since it was read', async () => {
    const afterRead = (act: () => void) => {
      const read = (stdout: string): string => {
        act();
        return stdout;
      };
      fleet.hosts[0]!.faults.execs = [{ corrupt: read }, {}];
    };
    const devices = host.knobs.blockDevices;
    const without = devices.map(({ names, ...rest }) => ({
      ...rest,
      names: names.filter((name) => name !== BY_ID),
    }));
    afterRead(() => {
      host.knobs.blockDevices = without;
    });
    // libvirt would take it into the configuration, and the VM would not start.
    const gone = await run(`device: ${BY_ID}, read_iops_sec: 5`);
    expect([gone.code, gone.subjects]).toEqual([
      5,
      [
        expect.stringMatching(/^on refused: .*there is no/),
        expect.stringMatching(/^off refused: .*there is no/),
      ],
    ]);
    expect(has()).toEqual(same());

    // Another device has the name by now: what is declared is of the name.
    host.knobs.blockDevices = devices;
    afterRead(() => {
      host.knobs.blockDevices = [...without, { names: ['/dev/sdz', BY_ID] }];
    });
    const moved = await run(`device: ${BY_ID}, read_iops_sec: 5`);
    expect([moved.code, moved.subjects]).toEqual([0, ['on changed', 'off changed']]);
    expect(has()).toEqual(same(limited(BY_ID, { read_iops_sec: 5 })));
  });

  it('are unsupported without a controller, in session mode too, and nothing is written', async () => {
    for (const knobs of [{ cgroups: ['cpu', 'memory'] as const }, { cgroups: [] }, { session: true }]) {
      Object.assign(host.knobs, knobs);
      const done = await run('device: /dev/sda, read_iops_sec: 5');
      expect(done.subjects).toEqual([
        expect.stringMatching(/^on unsupported: .*cgroup/),
        expect.stringMatching(/^off unsupported: .*would not start|^off unsupported: .*might not start/),
      ]);
      expect(has()).toEqual(same());
    }
  });

  it('are unsupported in session mode where no VM runs', async () => {
    host.knobs.session = true;
    host.domains.splice(host.domains.indexOf(on), 1);
    const done = await run('device: /dev/sda, read_iops_sec: 5');
    expect(done.subjects).toEqual([
      'off unsupported: libvirt limits no block I/O in session mode: see libvirt_uri',
    ]);
    expect(has()[2]).toEqual(same()[2]);
  });

  it('that libvirt cannot set in what runs leave the configuration alone', async () => {
    host.knobs.failLive = ['blkiotune'];
    const done = await run('device: /dev/sda, read_iops_sec: 5');
    expect(done.subjects).toEqual([
      expect.stringMatching(/^on failed: .*io\.max.*No such device/),
      'off changed',
    ]);
    expect(has().slice(0, 2)).toEqual(same().slice(0, 2));
  });
});
