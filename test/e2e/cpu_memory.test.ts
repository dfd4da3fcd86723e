import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { declareDrawn } from './draw.ts';
import { guest, LAB, lab, readPlayed, removeGuests, virsh, virtune } from './lab.ts';
import type { VmLab } from './vm_lab.ts';
import { onVm, startVm, VM } from './vm_lab.ts';

/**
 * Limits of CPU, memory and block devices on real libvirt with cgroup v2, judged by plain `schedinfo`, `memtune`,
 * `blkiotune` and the kernel's io.max. CI plays one of the three.
 */
describe('a host with cgroups', { concurrent: false }, () => {
  const NAME = `tuned-${process.pid}`;
  let vm: VmLab = { missing: 'not started', close: async () => {} };

  beforeAll(async () => {
    vm = await startVm();
    if (vm.missing === '') await guest(VM, NAME, '--no-nic');
  }, 1_200_000);
  beforeEach(onVm(() => vm));
  afterAll(async () => {
    if (vm.missing === '') await removeGuests(VM, NAME);
    await vm.close();
  });

  const set = async (...options: string[]) =>
    (await virtune(['set', VM, NAME, '-i', join(LAB, 'vm', 'inventory.yml'), ...options])).code;
  /** What becomes of these devices where one task wants a limit of each. */
  const refusals = async (devices: readonly string[]) => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-block-'));
    const [playbook, report] = [join(dir, 'play.yml'), join(dir, 'report.json')];
    const rules = [{ domain: NAME, device: devices, read_iops_sec: 5 }];
    writeFileSync(playbook, JSON.stringify([{ name: 'p', hosts: VM, tasks: [{ block_limits: { rules } }] }]));
    const inventory = join(LAB, 'vm', 'inventory.yml');
    const played = readPlayed(
      await virtune(['run', playbook, '-i', inventory, '--report', `json=${report}`]),
      report,
    );
    return played.nics.map(({ status }) => status);
  };
  /** `name value` of what a query of virsh prints. */
  const says = async (...query: string[]) =>
    (await virsh(VM, ...query))
      .trim()
      .split('\n')
      .map((line) => line.replace(/ *: */, ' '));

  declareDrawn(1, [
    () =>
      it('takes quotas and shares of CPU, and gives them back', async () => {
        expect(await set('--cpu-quota', '50%', '--cpu-total', '80%', '--cpu-shares', '50')).toBe(0);
        const limits = ['cpu_shares 50', 'vcpu_quota 50000', 'global_quota 80000'];
        for (const state of ['--live', '--config'])
          expect(await says('schedinfo', NAME, state)).toEqual(expect.arrayContaining(limits));
        expect(await set('--cpu-quota', '50%', '--check')).toBe(0);
        expect(await set('--cpu-quota', 'unlimited', '--cpu-total', 'unlimited')).toBe(0);
        const none = ['vcpu_quota 17592186044415', 'global_quota 17592186044415'];
        expect(await says('schedinfo', NAME, '--live')).toEqual(expect.arrayContaining(none));
        const gone = ['vcpu_quota 0', 'vcpu_period 0', 'global_quota 0'];
        expect(await says('schedinfo', NAME, '--config')).toEqual(expect.arrayContaining(gone));
      }, 120_000),
    () =>
      it('takes limits of memory, gives them back, and ends no VM', async () => {
        const both = async () => [
          await says('memtune', NAME, '--live'),
          await says('memtune', NAME, '--config'),
        ];
        const limits = ['hard_limit 1050624', 'soft_limit 524288', 'swap_hard_limit 2097152'];
        expect(
          await set(
            '--hard-limit',
            'memory + 1 GiB',
            '--soft-limit',
            '512 MiB',
            '--swap-hard-limit',
            '2 GiB',
          ),
        ).toBe(0);
        expect(await both()).toEqual([limits, limits]);
        expect(await set('--hard-limit', '1 MiB', '--force-limit', 'hard_limit')).toBe(5);
        expect(await both()).toEqual([limits, limits]);
        const unlimited = ['--hard-limit', '--soft-limit', '--swap-hard-limit'];
        expect(await set(...unlimited.flatMap((flag) => [flag, 'unlimited']))).toBe(0);
        const none = limits.map((line) => line.replace(/\d+$/, 'unlimited'));
        expect(await both()).toEqual([none, none]);
        expect((await virsh(VM, 'domstate', NAME)).trim()).toBe('paused');
      }, 120_000),
    () =>
      it('takes throttles of one block device, holds them in the kernel, and gives them back', async () => {
        const shell = async (text: string) => (await lab(['exec', VM, 'bash', '-c', text, NAME])).trim();
        // A loop device with one partition, a second name of it, and the node of a device that is no more.
        const device = await shell(`
      modprobe loop; f=$(mktemp); truncate -s 64M $f
      printf '\\203\\0\\0\\0\\0\\010\\0\\0\\0\\0\\001\\0' | dd of=$f bs=1 seek=450 conv=notrunc status=none
      printf '\\125\\252' | dd of=$f bs=1 seek=510 conv=notrunc status=none
      d=$(losetup -fP --show $f); rm $f; ln -sf $d /dev/virtune-other; mknod /dev/virtune-stale b 8 200
      udevadm settle; echo $d`);
        const number = device.replace('/dev/loop', '7:');
        /** What virsh says is set in each state, and what the kernel has. */
        const state = async () => {
          const said = await shell(`
        g=$(cut -d: -f3 /proc/$(cat /run/libvirt/qemu/$0.pid)/cgroup)
        virsh -q "blkiotune $0 --live; echo @; blkiotune $0 --config; echo @"
        cat "/sys/fs/cgroup\${g%/libvirt*}/libvirt/io.max"`);
          const [live = '', config = '', kernel = ''] = said.split('@');
          const set = (text: string) =>
            text
              .match(/^device_(?:read|write)_\S+ *: \S+/gm)
              ?.map((one) => one.replace(/ *: /, ' '))
              .sort();
          return { live: set(live), config: set(config), kernel: kernel.trim().split('\n').sort() };
        };
        try {
          const other = 'device_write_iops_sec /dev/vda,77';
          await virsh(VM, 'blkiotune', NAME, '--live', '--config', '--device-write-iops-sec', '/dev/vda,77');
          const limit = ['--device-read-bytes-sec', '1MB/s', '--device-write-iops-sec', '50'];
          expect(await set('--device', device, ...limit)).toBe(0);
          const limits = [`device_read_bytes_sec ${device},1000000`, `${other},${device},50`];
          const enforced = [
            '254:0 rbps=max wbps=max riops=max wiops=77',
            `${number} rbps=1000000 wbps=max riops=max wiops=50`,
          ];
          const expected = { live: limits, config: limits, kernel: enforced };
          expect(await state()).toEqual(expected);
          const wrong = [
            '/dev/virtune-other',
            '/dev/virtune-stale',
            '/dev/virtune-none',
            '/dev/null',
            `${device}p1`,
          ];
          expect(await refusals(wrong)).toEqual(wrong.map(() => 'refused'));
          await virsh(VM, 'destroy', NAME);
          await virsh(VM, 'start', NAME, '--paused');
          expect(await state()).toEqual(expected);
          const none = limit.map((word) => (word.startsWith('--') ? word : 'unlimited'));
          expect(await set('--device', device, ...none)).toBe(0);
          expect(await state()).toEqual({ live: [other], config: [other], kernel: enforced.slice(0, 1) });
        } finally {
          await shell(`losetup -d ${device}; rm -f /dev/virtune-*`);
        }
      }, 300_000),
  ]);
});
