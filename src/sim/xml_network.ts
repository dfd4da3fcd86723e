import type { SimHost, SimNetwork } from './model.ts';
import { escapeXml, formatBandwidth } from './xml_nic.ts';

/** `virsh net-dumpxml`: `virNetworkDefFormat`, as seen on libvirt 9.0.0. */
export function formatNetwork(host: SimHost, network: SimNetwork, inactive: boolean): string {
  const connections = inactive ? 0 : countConnections(host, network);
  return `<network${connections === 0 ? '' : ` connections='${connections}'`}>
  <name>${escapeXml(network.name)}</name>
  <uuid>${network.uuid}</uuid>
${forward(network)}${bridge(network)}${formatBandwidth(network.bandwidth, 2)}${virtualport(network)}${portgroups(network)}</network>
`;
}

function countConnections(host: SimHost, network: SimNetwork): number {
  let count = 0;
  for (const port of host.ports.values()) if (port.network === network.name) count++;
  return count;
}

function forward({ forward: mode, bridge: name, dev }: SimNetwork): string {
  if (mode === '') return '';
  if (mode === 'nat')
    return "  <forward mode='nat'>\n    <nat>\n      <port start='1024' end='65535'/>\n    </nat>\n  </forward>\n";
  if (name !== '' || dev === '') return `  <forward mode='${mode}'/>\n`;
  if (mode === 'hostdev')
    return `  <forward mode='hostdev' managed='yes'>\n    <pf dev='${escapeXml(dev)}'/>\n  </forward>\n`;
  return `  <forward dev='${escapeXml(dev)}' mode='${mode}'>\n    <interface dev='${escapeXml(dev)}'/>\n  </forward>\n`;
}

function bridge({ forward: mode, bridge: name }: SimNetwork): string {
  if (name === '') return '';
  return mode === 'bridge'
    ? `  <bridge name='${escapeXml(name)}'/>\n`
    : `  <bridge name='${escapeXml(name)}' stp='on' delay='0'/>\n`;
}

function virtualport({ virtualport: type }: SimNetwork): string {
  return type === '' ? '' : `  <virtualport type='${type}'/>\n`;
}

function portgroups(network: SimNetwork): string {
  return network.portgroups
    .map(
      ({ name, isDefault, bandwidth }) =>
        `  <portgroup name='${escapeXml(name)}'${isDefault ? " default='yes'" : ''}>\n${formatBandwidth(bandwidth, 4)}  </portgroup>\n`,
    )
    .join('');
}
