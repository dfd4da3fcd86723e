import type { CloudPort } from '../../model/cloud.ts';
import type { Servers } from '../selectors/servers.ts';
import type { DomainNic } from './domain_nic.ts';

/** Neutron's port of a NIC: of the server that its VM is, the one with its MAC. Its position says nothing. */
export function portOf(servers: Servers, { domain, mac }: DomainNic): CloudPort | null {
  return servers?.get(domain.uuid)?.ports.find((port) => port.mac === mac) ?? null;
}
