import type { Domain, DomainState, Nic, NovaMetadata } from '../model/facts.ts';
import type { DirectionLimit, Limits } from '../model/limits.ts';
import { NOVA_PATHS, parseNova } from './nova_xml.ts';
import { attribute, child, children, documentElement, type Element, text, XmlError } from './xml.ts';

const NIC_PATHS = [
  'mac',
  'source',
  'target',
  'model',
  'alias',
  'virtualport',
  'bandwidth/inbound',
  'bandwidth/outbound',
].map((path) => `domain/devices/interface/${path}`);

/** What {@link parseDomainXml} reads of a description (filter_script.ts). */
export function domainPaths({ metadata }: { readonly metadata: boolean }): readonly string[] {
  return ['domain/name', 'domain/uuid', 'domain/title', ...NIC_PATHS, ...(metadata ? NOVA_PATHS : [])];
}

/** What one `virsh dumpxml` says. A domain has up to two: the live one and the one for its next start. */
export interface DomainXml {
  readonly uuid: string;
  readonly name: string;
  readonly title: string;
  /** libvirt prints `id` for active domains only. */
  readonly active: boolean;
  readonly nova: NovaMetadata | null;
  readonly nics: readonly Nic[];
}

/**
 * Parses the output of `virsh dumpxml`, whole or cut down to what virtune reads.
 * @throws XmlError when it is not well-formed or not a domain
 */
export function parseDomainXml(xml: string): DomainXml {
  const domain = documentElement(xml, 'domain');
  const uuid = text(child(domain, 'uuid')).trim().toLowerCase();
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(uuid)) throw new XmlError('the domain has no UUID');
  return {
    uuid,
    name: text(child(domain, 'name')),
    title: text(child(domain, 'title')).trim(),
    active: attribute(domain, 'id') !== '',
    nova: parseNova(domain),
    nics: children(child(domain, 'devices'), 'interface').map(parseNic),
  };
}

/** Joins the two descriptions with what `virsh list` said of the domain. */
export function toDomain(live: DomainXml, config: DomainXml, listed: ListedState): Domain {
  return {
    uuid: live.uuid,
    name: live.name,
    title: live.title,
    nova: live.nova ?? config.nova,
    state: live.active ? (listed.state === 'shutoff' ? 'running' : listed.state) : 'shutoff',
    persistent: listed.persistent,
    managedSave: listed.managedSave,
    live: live.active ? live.nics : null,
    config: listed.persistent ? config.nics : null,
  };
}

/** What only lists tell of a domain. */
export interface ListedState {
  readonly state: DomainState;
  readonly persistent: boolean;
  readonly managedSave: boolean;
}

/** libvirt gives every interface a MAC; without one it could be neither found again nor paired. */
function parseNic(nic: Element): Nic {
  const source = child(nic, 'source');
  const mac = normaliseMac(attribute(child(nic, 'mac'), 'address'));
  if (!MAC.test(mac)) throw new XmlError('an interface has no MAC address');
  return {
    mac,
    type: attribute(nic, 'type'),
    source: {
      network: attribute(source, 'network'),
      portgroup: attribute(source, 'portgroup'),
      bridge: attribute(source, 'bridge'),
      dev: attribute(source, 'dev'),
    },
    target: attribute(child(nic, 'target'), 'dev'),
    model: attribute(child(nic, 'model'), 'type'),
    alias: attribute(child(nic, 'alias'), 'name'),
    virtualport: attribute(child(nic, 'virtualport'), 'type'),
    limits: parseBandwidth(child(nic, 'bandwidth')),
  };
}

/**
 * `<bandwidth>` of an interface, a portgroup or a network. Absent, empty and zero are the same to libvirt, and a
 * direction without average and floor is printed but not in force (facts of `virNetDevBandwidthFormat`).
 */
export function parseBandwidth(bandwidth: Element | undefined): Limits {
  return {
    inbound: parseDirection(child(bandwidth, 'inbound')),
    outbound: parseDirection(child(bandwidth, 'outbound')),
  };
}

function parseDirection(direction: Element | undefined): DirectionLimit {
  const number = (name: string): number => {
    const value = Number(attribute(direction, name));
    if (!(value >= 0)) throw new XmlError(`bandwidth: ${name} is not a number from 0`);
    return value;
  };
  const rate = {
    average: number('average'),
    peak: number('peak'),
    burst: number('burst'),
    floor: number('floor'),
  };
  return rate.average === 0 && rate.floor === 0 ? null : rate;
}

const LOOSE_MAC = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/;

/** A MAC as {@link normaliseMac} gives it. */
export const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Lower case, two digits a part: libvirt accepts `52:54:0:FA:C7:2`. Anything else is kept as it is. */
export function normaliseMac(mac: string): string {
  const lower = mac.trim().toLowerCase();
  if (!LOOSE_MAC.test(lower)) return lower;
  return lower
    .split(':')
    .map((part) => part.padStart(2, '0'))
    .join(':');
}
