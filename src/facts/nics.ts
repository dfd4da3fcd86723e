import { attribute, child, children, type Element, XmlError } from '../libvirt/xml.ts';
import { type Limits, parseBandwidth } from './bandwidth.ts';
import type { DomainFact } from './fact.ts';

/** One network card as one of libvirt's two states describes it. */
export interface Nic {
  /** Lower case, colon separated, two digits each. */
  readonly mac: string;
  /** `interface/@type`; in the live state libvirt prints the actual type. */
  readonly type: string;
  readonly source: NicSource;
  /** Host device, e.g. vnet3; absent in config for generated names. */
  readonly target: string;
  readonly model: string;
  readonly alias: string;
  /** `virtualport/@type`, e.g. openvswitch. */
  readonly virtualport: string;
  /** As printed; in the live state of a type network NIC that is what is in force, inherited or own. */
  readonly limits: Limits;
}

/** All that `interface/@type` may be (libvirt 12, virDomainNetType). */
export const NIC_TYPES = [
  'bridge',
  'network',
  'direct',
  'ethernet',
  'vhostuser',
  'hostdev',
  'vdpa',
  'user',
  'internal',
  'mcast',
  'server',
  'client',
  'udp',
  'null',
  'vds',
];

/** Attributes of `<source>`; empty string where absent. */
export interface NicSource {
  readonly network: string;
  readonly portgroup: string;
  readonly bridge: string;
  readonly dev: string;
}

/** NICs in `virsh domiflist` order. */
export const nicsFact: DomainFact<readonly Nic[]> = {
  of: 'domain',
  name: 'nics',
  keep: [
    'mac',
    'source',
    'target',
    'model',
    'alias',
    'virtualport',
    'bandwidth/inbound',
    'bandwidth/outbound',
  ].map((path) => `domain/devices/interface/${path}`),
  parse: (domain) => children(child(domain, 'devices'), 'interface').map(parseNic),
  recount: (nics, counted) => {
    if (nics.length === counted) return;
    const some = (count: number) => `${count} ${count === 1 ? 'NIC' : 'NICs'}`;
    throw new XmlError(
      `its description is read as having ${some(nics.length)}, and virsh domiflist counts ${counted}: ` +
        'either its NICs changed just now (run again), or comments or CDATA in its metadata mislead virtune ' +
        '(please report it)',
    );
  },
};

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

const LOOSE_MAC = /^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/;

/** A MAC as {@link normaliseMac} gives it. */
export const MAC = /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/;

/** Lower case, two digits a part: libvirt accepts `52:54:0:FA:C7:2`. Anything else is kept as it is. */
export function normaliseMac(mac: string): string {
  const lower = mac.trim().toLowerCase();
  if (MAC.test(lower) || !LOOSE_MAC.test(lower)) return lower;
  return lower
    .split(':')
    .map((part) => part.padStart(2, '0'))
    .join(':');
}
