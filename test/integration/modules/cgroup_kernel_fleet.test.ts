import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RunOptions } from '../../../src/engine/run.ts';
import { blockLimits } from '../../../src/modules/block_limits/index.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { memoryLimits } from '../../../src/modules/memory_limits/index.ts';
import type { AnyModule } from '../../../src/modules/module.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimDomain, type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { runRules } from '../../unit/modules/of_module.ts';

/** Whole runs that look at what cgroups of a simulated host hold VMs to. */

let dir = '';
let fleet: SimFleet;
let host: SimHost;
let vm: SimDomain;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'virtune-cgroups-'));
  host = simHost('hv1');
  vm = defineDomain(host, { name: 'web', nics: [], memoryKiB: 262_144 });
  defineDomain(host, { name: 'off', nics: [], memoryKiB: 262_144, state: 'shutoff' });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
});

afterEach(async () => {
  await fleet.close();
  rmSync(dir, { recursive: true });
});

interface Case {
  readonly module: AnyModule;
  readonly rules: string;
  readonly cleared: string;
  /** What the kernel then has, in the order of the settings. */
  readonly kernel: readonly (number | null)[];
  readonly behind: (readonly [file: string, text: string, kind: string])[];
  readonly leftover: readonly [file: string, text: string];
}

const CASES: readonly Case[] = [
  {
    module: cpuLimits,
    rules: '- { domain: web, cpu_quota: 50%, total: 150%, cpu_shares: 300 }',
    cleared: '- { domain: web, cpu_quota: unlimited }',
    kernel: [50_000, 100_000, 150_000, 100_000, 300],
    behind: [
      ['libvirt/vcpu/cpu.max', 'max 100000', 'missing'],
      ['libvirt/vcpu/cpu.max', '50000 100000\nmax 100000', 'missing'],
      ['libvirt/vcpu/cpu.max', '70000 100000', 'differs'],
      ['libvirt/cpu.max', '70000 100000', 'differs'],
      ['cpu.weight', '100', 'differs'],
    ],
    leftover: ['libvirt/vcpu/cpu.max', '70000 100000'],
  },
  {
    module: memoryLimits,
    rules: '- { domain: web, soft_limit: 1 GiB, hard_limit: 2 GiB, swap_hard_limit: 3 GiB }',
    cleared: '- { domain: web, soft_limit: unlimited }',
    kernel: [1_048_576, 2_097_152, 3_145_728],
    behind: [
      ['libvirt/memory.high', 'max', 'missing'],
      ['libvirt/memory.max', '5368709120', 'differs'],
      ['libvirt/memory.swap.max', 'max', 'missing'],
    ],
    leftover: ['libvirt/memory.high', '1073741824'],
  },
  {
    module: blockLimits,
    rules: '- { domain: web, device: /dev/vda, write_bytes_sec: 1000000, read_iops_sec: 100 }',
    cleared: '- { domain: web, device: /dev/vda, write_bytes_sec: unlimited }',
    kernel: [null, 1_000_000, 100, null],
    behind: [
      ['libvirt/io.max', '', 'missing'],
      ['libvirt/io.max', '254:0 rbps=max wbps=5 riops=100 wiops=max', 'differs'],
    ],
    leftover: ['libvirt/io.max', '254:0 rbps=max wbps=5 riops=max wiops=max'],
  },
];

const byHand = (file: string, text: string) => {
  vm.cgroupByHand = { [file]: text };
};

describe.each(CASES)(
  '$module.name with the kernel',
  ({ module, rules, cleared, kernel, behind, leftover }) => {
    const run = (over: Partial<RunOptions> = {}, given: string = rules) =>
      runRules({ module, fleet, dir }, given, { kernel: true, ...over });

    it('sets, reads cgroups back, and finds all in order the next time', async () => {
      const done = await run();
      expect([done.code, ...done.subjects]).toEqual([0, 'web changed']);
      expect(Object.values(done.changes[0]?.after?.kernel ?? {})).toEqual(kernel);
      const again = await run();
      expect([again.code, ...again.subjects]).toEqual([0, 'web inSync']);
      expect(again.changes[0]?.kernel).toEqual({ drift: [] });
      expect(again.notes).toEqual([]);
    });

    it.each(behind)('sets again what somebody has written into %s: %j', async (file, text, kind) => {
      await run();
      byHand(file, text);
      expect((await run({ kernel: false })).subjects).toEqual(['web inSync']);
      const checked = await run({ check: true });
      expect(checked.subjects).toEqual(['web pending']);
      expect(checked.changes[0]?.kernel?.drift.map((one) => one.kind)).toContain(kind);
      const done = await run();
      expect([done.code, ...done.subjects]).toEqual([0, 'web changed']);
      expect(vm.cgroupByHand).toEqual({});
      expect((await run()).subjects).toEqual(['web inSync']);
    });

    it('takes away what libvirt does not describe, where a rule says so', async () => {
      byHand(...leftover);
      const checked = await run({ check: true }, cleared);
      expect(checked.subjects).toEqual(['web pending']);
      expect(checked.changes[0]?.kernel?.drift.map((one) => one.kind)).toEqual(['leftover']);
      expect((await run({}, cleared)).subjects).toEqual(['web changed']);
      expect(vm.cgroupByHand).toEqual({});
    });

    it('guesses nothing of a VM whose cgroup is not to be seen', async () => {
      await run();
      const id = vm.id;
      vm.id = 99;
      const found = await run({ check: true });
      expect(found.subjects).toEqual(['web inSync']);
      vm.id = id;
      host.knobs.cgroups = [];
      const unknown = await run({ check: true });
      expect(unknown.changes[0]?.kernel?.unknown).toMatch(
        /^the host shows no cgroup .* of it: libvirt may be in a container/,
      );
      expect(unknown.notes.join()).toContain('what the kernel does is not known of 1');
    });
  },
);
