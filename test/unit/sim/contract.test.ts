import { simContractHost } from '../../contract/sim_host.ts';
import { contractSuite } from '../../contract/suite.ts';

contractSuite('simulated libvirt', simContractHost);
