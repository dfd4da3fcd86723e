import type { Network } from '../model/facts.ts';
import { parseBandwidth } from './domain_xml.ts';
import { attribute, child, children, documentElement, text } from './xml.ts';

/** What {@link parseNetworkXml} reads of a description (filter_script.ts). */
export const NETWORK_PATHS = [
  'name',
  'forward',
  'bridge',
  'virtualport',
  'bandwidth/inbound',
  'bandwidth/outbound',
  'portgroup/bandwidth/inbound',
  'portgroup/bandwidth/outbound',
].map((path) => `network/${path}`);

/**
 * Parses the output of `virsh net-dumpxml`.
 * @throws XmlError when it is not well-formed or not a network
 */
export function parseNetworkXml(xml: string): Network {
  const network = documentElement(xml, 'network');
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
