import { DIRECTIONS, type DirectionLimit, type Limits } from '../../facts/bandwidth.ts';
import { factOf } from '../../facts/fact.ts';
import type { Network, Portgroup } from '../../facts/networks.ts';
import { type Nic, nicsFact } from '../../facts/nics.ts';
import type { Domain, Part } from '../../model/facts.ts';

/** A NIC of a domain: its two descriptions, paired by MAC as libvirt's own lookup does. */
export interface DomainNic {
  readonly domain: Domain;
  readonly mac: string;
  /** Position as in `virsh domiflist`; null for a NIC of the next start only whose position a live one has. */
  readonly index: number | null;
  readonly live: Nic | null;
  readonly config: Nic | null;
  /** What libvirt finds by the MAC: it takes the first of them (virDomainNetFind), and a teaming pair shares one. */
  readonly found: Found;
  /** What decides its kind: the live description, since libvirt prints the actual type there. */
  readonly type: string;
  readonly isOvs: boolean;
  /** The libvirt network that it is plugged into, if the host told of it. */
  readonly network: Network | null;
  /** The network's portgroup that it belongs to: the one that it names, else the default one. */
  readonly portgroup: Portgroup | null;
  /** What the next start takes from the portgroup if the NIC has no limits of its own. */
  readonly inherited: Limits | null;
}

/**
 * - it: this NIC
 * - other: an earlier one, at the position that is given
 * - unknown: the two states have a different number of NICs with the MAC, so that they cannot be paired
 */
export type Found =
  | { readonly what: 'it'; readonly twins: number }
  | { readonly what: 'other'; readonly index: number }
  | { readonly what: 'unknown' };

/** The NICs of a domain in `virsh domiflist` order, those of the next start only at the end. */
export function domainNics(domain: Domain, networks: readonly Network[]): DomainNic[] {
  const nics = factOf(domain, nicsFact);
  const live = nics.live ?? [];
  const config = nics.config ?? [];
  const used = new Set<number>();
  const pairs: { live: Nic | null; config: Nic | null; index: number | null }[] = live.map(
    (nic, position) => {
      const twin = config.findIndex((other, i) => other.mac === nic.mac && !used.has(i));
      if (twin >= 0) used.add(twin);
      return { live: nic, config: config[twin] ?? null, index: position + 1 };
    },
  );
  config.forEach((nic, position) => {
    if (used.has(position)) return;
    pairs.push({ live: null, config: nic, index: position < live.length ? null : position + 1 });
  });
  return pairs.map(({ live: liveNic, config: configNic, index }) => {
    const nic = (liveNic ?? configNic) as Nic;
    const network = networks.find((n) => n.name === (configNic ?? nic).source.network) ?? null;
    const portgroup = portgroupOf(configNic ?? nic, network);
    const kind = liveNic === null ? startKind(nic, network) : nic;
    return {
      domain,
      mac: nic.mac,
      index,
      live: liveNic,
      config: configNic,
      found: foundByMac(nics, nic),
      type: kind.type,
      // libvirt's own test, virDomainNetDefIsOvsport: actual type bridge and virtualport openvswitch.
      isOvs: kind.type === 'bridge' && kind.virtualport === 'openvswitch',
      network,
      portgroup,
      inherited: portgroup === null || isUnlimited(portgroup.limits) ? null : portgroup.limits,
    };
  });
}

/** @param nic of the live state where there is one */
function foundByMac({ live, config }: Part<readonly Nic[]>, nic: Nic): Found {
  const sharing = (nics: readonly Nic[]) => nics.filter((other) => other.mac === nic.mac);
  const [inLive, inConfig] = [sharing(live ?? []), sharing(config ?? [])];
  const twins = Math.max(inLive.length, inConfig.length) - 1;
  if (twins > 0 && live !== null && config !== null && inLive.length !== inConfig.length)
    return { what: 'unknown' };
  const [first] = inLive.length > 0 ? inLive : inConfig;
  if (first === undefined || first === nic) return { what: 'it', twins };
  return { what: 'other', index: ((inLive.length > 0 ? live : config) ?? []).indexOf(first) + 1 };
}

/** A NIC of type network gets its actual type from the network when the domain starts. */
function startKind(nic: Nic, network: Network | null): { type: string; virtualport: string } {
  if (nic.type !== 'network' || network === null) return nic;
  return { type: network.actualType, virtualport: nic.virtualport || network.virtualport };
}

function portgroupOf(nic: Nic, network: Network | null): Portgroup | null {
  const its = (p: Portgroup) => (nic.source.portgroup === '' ? p.isDefault : p.name === nic.source.portgroup);
  return network?.portgroups.find(its) ?? null;
}

/** No limit in either direction. */
export function isUnlimited(limits: Limits): boolean {
  return limits.inbound === null && limits.outbound === null;
}

/**
 * What the next start will put in force: the NIC's own limits, or the portgroup's if it has none at all. The choice
 * is for the whole NIC, not per direction (networkAllocatePort).
 */
export function configLimits(nic: DomainNic): Limits | null {
  if (nic.config === null) return null;
  return isUnlimited(nic.config.limits) && nic.inherited !== null ? nic.inherited : nic.config.limits;
}

/** Without what comes from the portgroup; a live limit that differs from it is somebody's own. */
export function ownLimits(nic: DomainNic): { live: Limits | null; config: Limits | null } {
  const { inherited, live, config } = nic;
  const own = { live: live?.limits ?? null, config: config?.limits ?? null };
  if (inherited === null || (own.config !== null && !isUnlimited(own.config))) return own;
  const alike = own.live !== null && DIRECTIONS.every((d) => sameRate(own.live?.[d] ?? null, inherited[d]));
  return { live: alike ? null : own.live, config: null };
}

/** The types of NIC that libvirt can limit (virNetDevSupportsBandwidth). */
export const LIMITED_TYPES: readonly string[] = ['bridge', 'network', 'direct', 'ethernet'];

/** Whether libvirt can limit this kind of NIC. */
export function supportsLimits(nic: DomainNic): boolean {
  return LIMITED_TYPES.includes(nic.type);
}

/** All types that the NIC is of: as each description has it, and what its network makes of it. */
export function typesOf({ type, live, config }: DomainNic): readonly string[] {
  return [type, ...[live, config].flatMap((nic) => nic?.type ?? [])];
}

export function sameRate(a: DirectionLimit, b: DirectionLimit): boolean {
  if (a === null || b === null) return a === b;
  return a.average === b.average && a.peak === b.peak && a.burst === b.burst && a.floor === b.floor;
}
