import { describe, inject, it } from 'vitest';
import { labContractHost } from '../contract/lab_host.ts';
import { DISKS, NICS } from '../contract/parts.ts';
import { contractSuite } from '../contract/suite.ts';

/** To record what libvirt says: `VIRTUNE_CONTRACT_RECORD=1`, with a lab that was started with `--ovs`. */
const record = process.env.VIRTUNE_CONTRACT_RECORD === '1';
const lab = inject('lab');

if (lab !== '') {
  for (const part of [NICS, DISKS]) contractSuite('real libvirt', part, () => labContractHost(lab), record);
} else {
  describe('real libvirt', () => {
    it.skip(`left out: ${inject('labMissing')}`, () => {});
  });
}
