import { describe, it } from 'vitest';
import { labContractHost, labSettings } from '../contract/lab_host.ts';
import { contractSuite } from '../contract/suite.ts';

const record = process.env['VIRTUNE_CONTRACT_RECORD'] === '1';

if (labSettings() !== null || process.env['CI'] !== undefined) {
  contractSuite('real libvirt', labContractHost, record);
} else {
  describe('real libvirt', () => {
    it.skip('left out, no lab is up: bash test/lab/lab.sh up --ovs', () => {});
  });
}
