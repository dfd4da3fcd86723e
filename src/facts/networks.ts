import { attribute, child, children, type Element, text } from '../libvirt/xml.ts';
import { type Limits, parseBandwidth } from './bandwidth.ts';
import type { NetworkFact } from './fact.ts';

/** A libvirt network, as far as it decides what a NIC may have. */
export interface Network {
  readonly name: string;
  /** `forward/@mode`, `isolated` where there is none; `hostdev` marks a pool of passed-through devices. */
  readonly forward: string;
  /** `interface/@type` that libvirt gives a running NIC of this network: network, bridge, direct or hostdev. */
  readonly actualType: string;
  /** `virtualport/@type` of the network, e.g. openvswitch. */
  readonly virtualport: string;
  /** True when the network has an inbound average: libvirt's condition for a NIC's floor. */
  readonly hasInboundQos: boolean;
  readonly portgroups: readonly Portgroup[];
}

export interface Portgroup {
  readonly name: string;
  readonly isDefault: boolean;
  readonly limits: Limits;
}

/** What `virsh net-dumpxml` says of each network. */
export const networksFact: NetworkFact<Network> = {
  of: 'network',
  name: 'networks',
  keep: [
    'name',
    'forward',
    'bridge',
    'virtualport',
    'bandwidth/inbound',
    'bandwidth/outbound',
    'portgroup/bandwidth/inbound',
    'portgroup/bandwidth/outbound',
  ].map((path) => `network/${path}`),
  parse: parseNetwork,
};

function parseNetwork(network: Element): Network {
  const forward = child(network, 'forward');
  const mode = forward === undefined ? 'isolated' : attribute(forward, 'mode') || 'nat';
  const inbound = parseBandwidth(child(network, 'bandwidth')).inbound;
  return {
    name: text(child(network, 'name')),
    // `<forward>` without a mode is nat, no `<forward>` is an isolated network (libvirt formatnetwork.html).
    forward: mode,
    actualType: actualType(mode, attribute(child(network, 'bridge'), 'name') !== ''),
    virtualport: attribute(child(network, 'virtualport'), 'type'),
    hasInboundQos: inbound !== null && inbound.average > 0,
    portgroups: children(network, 'portgroup').map((portgroup) => ({
      name: attribute(portgroup, 'name'),
      isDefault: attribute(portgroup, 'default') === 'yes',
      limits: parseBandwidth(child(portgroup, 'bandwidth')),
    })),
  };
}

/** As networkAllocatePort decides (libvirt `src/network/bridge_driver.c`). */
function actualType(mode: string, hasBridge: boolean): string {
  if (['nat', 'route', 'open', 'isolated'].includes(mode)) return 'network';
  if (mode === 'hostdev') return 'hostdev';
  return mode === 'bridge' && hasBridge ? 'bridge' : 'direct';
}
