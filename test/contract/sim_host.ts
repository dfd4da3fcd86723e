import { defineDomain, simNetwork } from '../../src/sim/define.ts';
import { stopDomain } from '../../src/sim/lifecycle.ts';
import type { SimKnobs } from '../../src/sim/model.ts';
import { simHost } from '../../src/sim/model.ts';
import { runCommandLine } from '../../src/sim/shell.ts';
import { virsh } from '../../src/sim/virsh.ts';
import type { ContractHost } from './suite.ts';

const gold = {
  name: 'gold',
  isDefault: false,
  bandwidth: {
    inbound: { average: 4000, peak: 8000, burst: 1024, floor: 0 },
    outbound: { average: 2000, peak: 4000, burst: 512, floor: 0 },
  },
};
const plain = { name: 'plain', isDefault: false, bandwidth: null };

/** A simulated host with the networks of a lab host (lab/inside/provision.sh). */
export async function simContractHost(cgroups: SimKnobs['cgroups'] = []): Promise<ContractHost> {
  const host = simHost('sim01', [
    simNetwork({
      name: 'labnet',
      bridge: 'virbr-lab',
      bandwidth: { inbound: { average: 100_000, peak: 200_000, burst: 10_240, floor: 0 }, outbound: null },
      portgroups: [gold, plain],
    }),
    simNetwork({ name: 'labhost', forward: 'bridge', bridge: 'br0', portgroups: [gold, plain] }),
    simNetwork({ name: 'labovs', forward: 'bridge', bridge: 'ovsbr0', virtualport: 'openvswitch' }),
  ]);
  host.knobs.cgroups = cgroups;
  return {
    hasOvs: true,
    virsh: (...argv) => virsh(host, argv),
    shell: (line) => runCommandLine(host, line),
    breakTc: async (missing) => {
      host.knobs.missing = missing;
    },
    tc: async (name, mac) => {
      const nic = host.domains.find((d) => d.name === name)?.live?.find((n) => n.mac === mac);
      if (nic === undefined) throw new Error(`${name} has no ${mac}`);
      return { root: nic.tc.root, rate: nic.tc.shaper?.average ?? 0, ingress: nic.tc.ingress };
    },
    prepare: async (guests) => {
      host.knobs.missing = [];
      for (const domain of [...host.domains]) stopDomain(host, domain);
      host.domains.splice(0);
      for (const guest of guests) defineDomain(host, guest);
    },
    close: async () => {},
  };
}
