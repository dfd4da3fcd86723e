import { afterAll, beforeAll, describe, it, vi } from 'vitest';
import { vmContractHost } from '../contract/lab_host.ts';
import { CGROUPS } from '../contract/parts.ts';
import { contractSuite } from '../contract/suite.ts';
import { LONG } from '../long.ts';
import { LAB } from './lab.ts';
import type { VmLab } from './vm_lab.ts';
import { startVm } from './vm_lab.ts';

/**
 * What libvirt makes of limits of CPU, memory and block devices with cgroup v2, on Debian's own kernel. Ten minutes
 * under emulation: `npm run test:long`. `VIRTUNE_CONTRACT_RECORD=1` writes what the simulation is held to.
 */
const record = process.env.VIRTUNE_CONTRACT_RECORD === '1';

if (record || LONG) {
  vi.setConfig({ testTimeout: 900_000 });
  let vm: VmLab = { missing: 'not started', close: async () => {} };
  beforeAll(async () => {
    vm = await startVm();
  }, 1_200_000);
  afterAll(() => vm.close());
  contractSuite('real libvirt', CGROUPS, async () => vm.missing || vmContractHost(LAB), record);
} else {
  describe('real libvirt with cgroup v2', () => {
    it.skip('left out: npm run test:long has it', () => {});
  });
}
