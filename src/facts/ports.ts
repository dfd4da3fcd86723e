import type { HostFacts } from '../model/facts.ts';
import type { OutsideFact, Told } from './fact.ts';
import type { PortState } from './qos.ts';

/** A port of Neutron: the cloud's client is asked about it, and not the host. */
export interface PortQuestion {
  /** As clouds.yaml names it. */
  readonly cloud: string;
  readonly region: string;
  readonly port: string;
  readonly mac: string;
}

/** The program whose commands set it. */
export const OPENSTACK = 'openstack';

const PREFIX = 'port ';

export function portFact({ cloud, region, port, mac }: PortQuestion): OutsideFact {
  const question = { cloud, region, port, mac };
  return { of: 'outside', name: `${PREFIX}${cloud} ${region} ${port}`, via: OPENSTACK, question };
}

/** What was told of a port; `problem` says why nothing was. */
export type TellsOfPort = PortQuestion & ({ readonly port_state: PortState } | { readonly problem: string });

/** What was told of ports, by MAC: VMs of a host may share one, but no server has it twice. */
export function portsByMac(facts: HostFacts): ReadonlyMap<string, readonly TellsOfPort[]> {
  const found = new Map<string, TellsOfPort[]>();
  for (const [name, part] of Object.entries(facts.parts)) {
    if (!name.startsWith(PREFIX)) continue;
    const { question, answer } = part as Told;
    const asked = question as unknown as PortQuestion;
    const one =
      'problem' in answer ? { ...asked, ...answer } : { ...asked, port_state: answer.value as PortState };
    const others = found.get(asked.mac);
    if (others === undefined) found.set(asked.mac, [one]);
    else others.push(one);
  }
  return found;
}
