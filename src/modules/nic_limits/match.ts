import type { CloudPort } from '../../model/cloud.ts';
import { kindsMatch } from '../selectors/kinds.ts';
import { type DomainNic, typesOf } from './domain_nic.ts';
import type { NicSelector } from './rule.ts';

/**
 * A MAC names the NIC that libvirt finds by it, so that the two of a teaming pair are no riddle. Otherwise what either
 * description says counts: the bridge behind a network is known only while the VM runs.
 * @param port Neutron's, where a cloud tells of the VM
 */
export function nicMatches(selector: NicSelector, nic: DomainNic, port: CloudPort | null = null): boolean {
  const sides = [nic.live, nic.config].filter((nic) => nic !== null);
  const is = (value: string | undefined, read: (nic: (typeof sides)[number]) => string): boolean =>
    value === undefined || sides.some((nic) => read(nic) === value);
  return (
    (selector.positions === undefined || (nic.index !== null && selector.positions.includes(nic.index))) &&
    (selector.mac === undefined || (selector.mac === nic.mac && nic.found.what !== 'other')) &&
    kindsMatch(selector.type, typesOf(nic)) &&
    is(selector.bridge, (nic) => nic.source.bridge) &&
    (is(selector.network, (nic) => nic.source.network) || isOfNetwork(selector.network, port)) &&
    is(selector.portgroup, (nic) => nic.source.portgroup) &&
    is(selector.target, (nic) => nic.target) &&
    is(selector.model, (nic) => nic.model) &&
    is(selector.alias, (nic) => nic.alias) &&
    isPort(selector, port)
  );
}

function isOfNetwork(network: string | undefined, port: CloudPort | null): boolean {
  return network !== undefined && port !== null && [port.network.id, port.network.name].includes(network);
}

function isPort({ port: named, fixed_ip: address }: NicSelector, port: CloudPort | null): boolean {
  if (named === undefined && address === undefined) return true;
  if (port === null) return false;
  const isNamed = named === undefined || named === port.id || (named !== '' && named === port.name);
  return isNamed && (address === undefined || port.fixed_ips.includes(address.toLowerCase()));
}
