import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { READ, READ_BYTES, SPIN } from './boot_sectors.ts';
import { declareDrawn } from './draw.ts';
import { guest, LAB, readPlayed, removeGuests, virsh, virtune } from './lab.ts';
import { bootDisk, cgroupFile, ratesOf, untilItReads } from './vm_guest.ts';
import type { VmLab } from './vm_lab.ts';
import { onVm, startVm, VM } from './vm_lab.ts';

/**
 * What guests get of a CPU, a disk, memory and a block device of the host once virtune has limited them, on Debian's own kernel. Emulation in
 * emulation is slow: all limits here are well below what a guest does without them.
 */
describe('a guest gets what rules declare', { concurrent: false }, () => {
  const SPINS = `gets-spin-${process.pid}`;
  const READS = `gets-read-${process.pid}`;
  const SECONDS = 16;
  const dir = mkdtempSync(join(tmpdir(), 'virtune-gets-'));
  let vm: VmLab = { missing: 'not started', close: async () => {} };

  beforeAll(async () => {
    vm = await startVm();
    if (vm.missing !== '') return;
    await removeGuests(VM, 'gets-');
    for (const [name, sector] of [
      [SPINS, SPIN],
      [READS, READ],
    ] as const)
      await guest(VM, name, '--no-nic', '--disk', await bootDisk(name, sector));
  }, 1_200_000);
  beforeEach(onVm(() => vm));
  afterAll(async () => {
    if (vm.missing === '') await removeGuests(VM, 'gets-');
    await vm.close();
  });

  async function declare(...tasks: readonly Readonly<Record<string, object>>[]): Promise<void> {
    const [playbook, file] = [join(dir, 'play.yml'), join(dir, 'report.json')];
    const rules = tasks.map((task) =>
      Object.fromEntries(Object.entries(task).map(([module, rule]) => [module, { rules: [rule] }])),
    );
    writeFileSync(playbook, JSON.stringify([{ name: 'p', hosts: 'all', tasks: rules }]));
    const inventory = join(LAB, 'vm', 'inventory.yml');
    const { code, stdout, nics } = readPlayed(
      await virtune(['run', playbook, '-i', inventory, '--report', `json=${file}`]),
      file,
    );
    expect([code, nics.map(({ status }) => status)], stdout).toEqual([0, nics.map(() => 'changed')]);
  }

  function isAbout(measured: number, declared: number, tolerance: number): void {
    expect(measured).toBeGreaterThan(declared * (1 - tolerance));
    expect(measured).toBeLessThan(declared * (1 + tolerance));
  }

  declareDrawn(1, [
    () => {
      it('of CPU and memory, and bytes of its disk', async () => {
        await declare(
          { cpu_limits: { domain: SPINS, cpu_quota: '30%' } },
          { memory_limits: { domain: SPINS, hard_limit: 'memory + 1 GiB', soft_limit: '512 MiB' } },
          { disk_limits: { domain: READS, read_bytes_sec: '80 KiB/s', write_bytes_sec: 'unlimited' } },
        );
        expect(await cgroupFile(SPINS, 'memory.max')).toBe(String(1026 * 1024 ** 2));
        expect(await cgroupFile(SPINS, 'memory.high')).toBe(String(512 * 1024 ** 2));
        await virsh(VM, 'resume', SPINS);
        await virsh(VM, 'resume', READS);
        await untilItReads(READS);
        isAbout((await ratesOf(SPINS, SECONDS)).cpu, 0.3, 0.1);
        const { bytes, operations } = await ratesOf(READS, SECONDS);
        isAbout(bytes, 5 * READ_BYTES, 0.15);
        isAbout(operations, 5, 0.15);
      }, 300_000);

      it('of its disk in operations', async () => {
        await declare({
          disk_limits: {
            domain: READS,
            read_bytes_sec: 'unlimited',
            write_bytes_sec: 'unlimited',
            total_iops_sec: 8,
          },
        });
        const { bytes, operations } = await ratesOf(READS, SECONDS);
        isAbout(operations, 8, 0.15);
        isAbout(bytes, 8 * READ_BYTES, 0.15);
      }, 300_000);
    },
    () =>
      it('of a block device of its host', async () => {
        const name = `gets-block-${process.pid}`;
        await guest(VM, name, '--no-nic', '--disk', await bootDisk(name, READ, 'none'));
        await declare({ block_limits: { domain: name, device: '/dev/vda', read_bytes_sec: '48 KiB/s' } });
        expect(await cgroupFile(name, 'io.max')).toBe('254:0 rbps=49152 wbps=max riops=max wiops=max');
        await virsh(VM, 'resume', name);
        await untilItReads(name);
        const { bytes, operations } = await ratesOf(name, SECONDS);
        isAbout(bytes, 3 * READ_BYTES, 0.15);
        isAbout(operations, 3, 0.15);
      }, 300_000),
  ]);
});
