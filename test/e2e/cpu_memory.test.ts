import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guest, LAB, removeGuests, virsh, virtune } from './lab.ts';
import type { VmLab } from './vm_lab.ts';
import { startVm, VM } from './vm_lab.ts';

/** Limits of CPU and memory on real libvirt with cgroup v2, judged by plain `schedinfo` and `memtune`. */
describe('a host with cgroups', { concurrent: false }, () => {
  const NAME = `tuned-${process.pid}`;
  let vm: VmLab = { missing: 'not started', close: async () => {} };

  beforeAll(async () => {
    vm = await startVm();
    if (vm.missing === '') await guest(VM, NAME, '--no-nic');
  }, 1_200_000);
  beforeEach((context) => context.skip(vm.missing !== '', vm.missing));
  afterAll(async () => {
    if (vm.missing === '') await removeGuests(VM, NAME);
    await vm.close();
  });

  const set = async (...options: string[]) =>
    (await virtune(['set', VM, NAME, '-i', join(LAB, 'vm', 'inventory.yml'), ...options])).code;
  /** `name value` of what a query of virsh prints. */
  const says = async (...query: string[]) =>
    (await virsh(VM, ...query))
      .trim()
      .split('\n')
      .map((line) => line.replace(/ *: */, ' '));

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
  }, 120_000);

  it('takes limits of memory, gives them back, and ends no VM', async () => {
    const both = async () => [await says('memtune', NAME, '--live'), await says('memtune', NAME, '--config')];
    const limits = ['hard_limit 1050624', 'soft_limit 524288', 'swap_hard_limit 2097152'];
    expect(
      await set('--hard-limit', 'memory + 1 GiB', '--soft-limit', '512 MiB', '--swap-hard-limit', '2 GiB'),
    ).toBe(0);
    expect(await both()).toEqual([limits, limits]);
    expect(await set('--hard-limit', '1 MiB', '--force-limit', 'hard_limit')).toBe(5);
    expect(await both()).toEqual([limits, limits]);
    const unlimited = ['--hard-limit', '--soft-limit', '--swap-hard-limit'];
    expect(await set(...unlimited.flatMap((flag) => [flag, 'unlimited']))).toBe(0);
    const none = limits.map((line) => line.replace(/\d+$/, 'unlimited'));
    expect(await both()).toEqual([none, none]);
    expect((await virsh(VM, 'domstate', NAME)).trim()).toBe('paused');
  }, 120_000);
});
