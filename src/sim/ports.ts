import type { Limits } from '../facts/bandwidth.ts';
import { hasLimit } from './bandwidth.ts';
import { uuidOf } from './ids.ts';
import type { SimActual, SimHost, SimNetwork, SimNic } from './model.ts';

/** The network driver's part: what a NIC of type network becomes, and its floor (libvirt facts, section 4). */

export type PortResult = { readonly actual: SimActual } | { readonly error: string };

/** Creates the port of a NIC that is being plugged. */
export function createPort(host: SimHost, nic: SimNic): PortResult {
  const network = host.networks.find((n) => n.name === nic.source.network);
  if (network === undefined)
    return { error: `Network not found: no network with matching name '${nic.source.network}'` };
  if (!network.active)
    return { error: `Requested operation is not valid: network '${network.name}' is not active` };
  const { portgroups } = network;
  const wanted = nic.source.portgroup;
  const portgroup = portgroups.find((p) => (wanted === '' ? p.isDefault : p.name === wanted));
  // An unknown portgroup counts as none.
  const bandwidth = hasLimit(nic.bandwidth) ? nic.bandwidth : (portgroup?.bandwidth ?? null);
  if (bandwidth !== null && network.forward === 'hostdev')
    return {
      error: `unsupported configuration: interface ${nic.mac} - bandwidth settings are not supported for hostdev interfaces`,
    };
  const error = floorError(host, network, nic.mac, bandwidth, null);
  if (error !== null) return { error };
  const portId = uuidOf(`${host.name}/port/${host.next.serial++}`);
  host.ports.set(portId, { network: network.name, floor: bandwidth?.inbound?.floor ?? 0 });
  return {
    actual: {
      ...attachment(network),
      virtualport: network.virtualport || nic.virtualport,
      portId,
      bandwidth,
    },
  };
}

/** Actual type and device by the network's forward mode. */
function attachment(network: SimNetwork): Pick<SimActual, 'type' | 'bridge' | 'dev'> {
  const { forward, bridge, dev } = network;
  if (forward === 'hostdev') return { type: 'hostdev', bridge: '', dev };
  if (forward === 'bridge' && bridge !== '') return { type: 'bridge', bridge, dev: '' };
  if (['bridge', 'private', 'vepa', 'passthrough'].includes(forward))
    return { type: 'direct', bridge: '', dev };
  return { type: 'network', bridge, dev: '' };
}

/**
 * `networkCheckBandwidth`: a floor needs a network that libvirt itself shapes, and all floors together must fit.
 * @param portId the NIC's own port, which does not count twice
 */
export function floorError(
  host: SimHost,
  network: SimNetwork,
  mac: string,
  bandwidth: Limits | null,
  portId: string | null,
): string | null {
  const floor = bandwidth?.inbound?.floor ?? 0;
  if (floor === 0) return null;
  if (!['', 'nat', 'route', 'open'].includes(network.forward)) return floorNotSupported(mac);
  const inbound = network.bandwidth?.inbound ?? null;
  if (inbound === null || inbound.average === 0)
    return `unsupported configuration: Invalid use of 'floor' on interface with MAC address ${mac} - network '${network.name}' has no inbound QoS set`;
  let sum = floor;
  for (const [id, port] of host.ports) if (port.network === network.name && id !== portId) sum += port.floor;
  const [word, limit] = inbound.peak > 0 ? ['peak', inbound.peak] : ['average', inbound.average];
  if (sum > Number(limit))
    return `Requested operation is not valid: Cannot plug '${mac}' interface into '${network.bridge}' because new combined inbound floor=${sum} would overcommit ${word}=${limit} on network '${network.name}'`;
  return null;
}

export function floorNotSupported(mac: string): string {
  return `Operation not supported: Invalid use of 'floor' on interface with MAC address ${mac} - 'floor' is only supported for interface type 'network' with forward type 'nat', 'route', 'open' or none`;
}
