import type { DirectionLimit, Limits } from '../facts/bandwidth.ts';
import { actualType, effectiveBandwidth, isSet } from './bandwidth.ts';
import type { SimLiveNic, SimNic } from './model.ts';

/** `<interface>` as `virDomainNetDefFormat` prints it; order and indentation as seen on libvirt 9.0.0. */

/** As libvirt's `virBufferEscapeString`. */
export function escapeXml(text: string): string {
  if (!/[<>&'"]/.test(text)) return text;
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll("'", '&apos;')
    .replaceAll('"', '&quot;');
}

export function formatConfigNic(nic: SimNic & { readonly alias?: string }): string {
  return format(nic, nic.type, configSource(nic), nic.virtualport, nic.bandwidth, nic.alias ?? '');
}

/** A NIC of type network shows what it became, and the limits in force whoever set them. */
export function formatLiveNic(nic: SimLiveNic): string {
  const virtualport = nic.actual?.virtualport || nic.virtualport;
  return format(nic, actualType(nic), liveSource(nic), virtualport, effectiveBandwidth(nic), nic.alias);
}

function format(
  nic: SimNic,
  type: string,
  source: string,
  virtualport: string,
  bandwidth: Limits | null,
  alias: string,
): string {
  const port =
    virtualport === ''
      ? ''
      : `      <virtualport type='${virtualport}'>\n        <parameters interfaceid='${nic.interfaceId}'/>\n      </virtualport>\n`;
  const target = nic.target === '' ? '' : `      <target dev='${escapeXml(nic.target)}'/>\n`;
  const name = alias === '' ? '' : `      <alias name='${alias}'/>\n`;
  const slot = nic.slot.toString(16).padStart(2, '0');
  return `    <interface type='${type}'>
      <mac address='${nic.mac}'/>
${source}${port}${formatBandwidth(bandwidth, 6)}${target}      <model type='${nic.model}'/>
${name}      <address type='pci' domain='0x0000' bus='0x${slot}' slot='0x00' function='0x0'/>
    </interface>
`;
}

/** Attributes that are zero are left out, and so is a direction without average and floor. */
export function formatBandwidth(bandwidth: Limits | null, indent: number): string {
  if (bandwidth === null) return '';
  const pad = ' '.repeat(indent);
  const inner =
    formatDirection('inbound', bandwidth.inbound, pad) + formatDirection('outbound', bandwidth.outbound, pad);
  return `${pad}<bandwidth>\n${inner}${pad}</bandwidth>\n`;
}

function formatDirection(name: string, rate: DirectionLimit, pad: string): string {
  if (!isSet(rate)) return '';
  const attributes = (['average', 'peak', 'floor', 'burst'] as const)
    .filter((key) => rate[key] > 0)
    .map((key) => ` ${key}='${rate[key]}'`);
  return `${pad}  <${name}${attributes.join('')}/>\n`;
}

function configSource({ type, source }: SimNic): string {
  switch (type) {
    case 'network':
      return sourceElement({ network: source.network, portgroup: source.portgroup });
    case 'bridge':
      return sourceElement({ bridge: source.bridge });
    case 'direct':
      return sourceElement({ dev: source.dev, mode: 'bridge' });
    case 'vhostuser':
      return sourceElement({ type: 'unix', path: source.dev, mode: 'server' });
    case 'hostdev':
      return `      <source>\n        <address type='pci' domain='0x0000' bus='0x3b' slot='0x10' function='0x1'/>\n      </source>\n`;
    default:
      return '';
  }
}

function liveSource(nic: SimLiveNic): string {
  if (nic.actual === null) return configSource(nic);
  const { network, portgroup } = nic.source;
  const { type, bridge, dev, portId } = nic.actual;
  const mode = type === 'direct' ? 'bridge' : '';
  return sourceElement({ network, portgroup, portid: portId, bridge, dev, mode });
}

function sourceElement(attributes: Readonly<Record<string, string>>): string {
  const present = Object.entries(attributes).filter(([, value]) => value !== '');
  return `      <source${present.map(([name, value]) => ` ${name}='${escapeXml(value)}'`).join('')}/>\n`;
}
