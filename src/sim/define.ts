import type { Limits, Rate } from '../model/limits.ts';
import { macOf, uuidOf } from './ids.ts';
import { startDomain } from './lifecycle.ts';
import type { NicType, SimDomain, SimHost, SimNetwork, SimNic, SimSource } from './model.ts';
import { NO_SOURCE } from './model.ts';

/** A NIC in few words; whatever is left out has a default. */
export interface NicSpec {
  readonly mac?: string;
  /** Default: `network` with a source network, `direct` with a source dev, else `bridge`. */
  readonly type?: NicType;
  readonly source?: Partial<SimSource>;
  readonly virtualport?: '' | 'openvswitch';
  readonly target?: string;
  readonly model?: string;
  readonly inbound?: Partial<Rate>;
  readonly outbound?: Partial<Rate>;
}

export interface DomainSpec {
  readonly name: string;
  readonly uuid?: string;
  readonly title?: string;
  readonly metadata?: string;
  readonly memoryKiB?: number;
  readonly vcpus?: number;
  readonly nics: readonly NicSpec[];
  /** Default: running. */
  readonly state?: SimDomain['state'];
  /** Default: true. */
  readonly persistent?: boolean;
}

/**
 * Defines a domain on a host and starts it unless it shall be shut off.
 * @throws Error when libvirt would not start it
 */
export function defineDomain(host: SimHost, spec: DomainSpec): SimDomain {
  const uuid = spec.uuid ?? uuidOf(`${host.name}/${spec.name}`);
  const domain: SimDomain = {
    uuid,
    name: spec.name,
    title: spec.title ?? '',
    metadata: spec.metadata ?? '',
    memoryKiB: spec.memoryKiB ?? 2_097_152,
    vcpus: spec.vcpus ?? 2,
    persistent: true,
    state: 'shutoff',
    id: null,
    live: null,
    config: spec.nics.map((nic, index) => configNic(nic, index, uuid)),
    saved: null,
    busy: null,
  };
  const state = spec.state ?? 'running';
  if (state !== 'shutoff') {
    const error = startDomain(host, domain);
    if (error !== null) throw new Error(`${spec.name} does not start: ${error}`);
    domain.state = state;
  }
  if (spec.persistent === false) {
    domain.persistent = false;
    domain.config = null;
  }
  host.domains.push(domain);
  return domain;
}

/** A NIC for a definition. */
export function configNic(spec: NicSpec, index: number, uuid: string): SimNic {
  const source = { ...NO_SOURCE, ...spec.source };
  const virtualport = spec.virtualport ?? '';
  return {
    mac: spec.mac ?? macOf(`${uuid}/${index}`),
    type: spec.type ?? (source.network !== '' ? 'network' : source.dev !== '' ? 'direct' : 'bridge'),
    source,
    virtualport,
    interfaceId: virtualport === '' ? '' : uuidOf(`${uuid}/${index}`),
    target: spec.target ?? '',
    model: spec.model ?? 'virtio',
    slot: index + 3,
    bandwidth: limits(spec.inbound, spec.outbound),
  };
}

/** Limits from what is given of them; null when nothing is. */
export function limits(inbound?: Partial<Rate>, outbound?: Partial<Rate>): Limits | null {
  if (inbound === undefined && outbound === undefined) return null;
  return { inbound: rate(inbound), outbound: rate(outbound) };
}

function rate(given: Partial<Rate> | undefined): Rate | null {
  return given === undefined ? null : { average: 0, peak: 0, burst: 0, floor: 0, ...given };
}

/** A network; whatever is left out has a default: active, isolated, no limits, no portgroups. */
export function simNetwork(spec: Partial<SimNetwork> & { readonly name: string }): SimNetwork {
  return {
    uuid: uuidOf(`network/${spec.name}`),
    active: true,
    forward: '',
    bridge: '',
    dev: '',
    virtualport: '',
    bandwidth: null,
    portgroups: [],
    ...spec,
  };
}
