import { CGROUPS, DISKS, NICS } from '../../contract/parts.ts';
import { simContractHost } from '../../contract/sim_host.ts';
import { contractSuite } from '../../contract/suite.ts';

contractSuite('simulated libvirt', NICS, simContractHost);
contractSuite('simulated libvirt', DISKS, simContractHost);
contractSuite('simulated libvirt', CGROUPS, () => simContractHost(['cpu', 'memory', 'blkio']));
