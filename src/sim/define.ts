import type { Limits, Rate } from '../facts/bandwidth.ts';
import { emitLifecycle } from './events.ts';
import { macOf, uuidOf } from './ids.ts';
import { startDomain } from './lifecycle.ts';
import type { NicType, SimDomain, SimHost, SimNetwork, SimNic, SimSource } from './model.ts';
import { NO_SOURCE } from './model.ts';
import type { BlockDevice, CpuTune, Iotune, MemoryTune, SimDisk, SimTuning } from './tuning.ts';
import { NO_IOTUNE } from './tuning.ts';

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

/** A disk in few words; whatever is left out has a default. */
export interface DiskSpec extends Partial<Omit<SimDisk, 'iotune'>> {
  readonly target: string;
  readonly iotune?: Partial<Iotune>;
}

export interface DomainSpec {
  readonly name: string;
  readonly uuid?: string;
  readonly title?: string;
  readonly metadata?: string;
  readonly memoryKiB?: number;
  readonly vcpus?: number;
  readonly nics: readonly NicSpec[];
  /** Default: one qcow2 image, vda. */
  readonly disks?: readonly DiskSpec[];
  /** Default: shares by the number of CPUs, as Nova's were. */
  readonly cpu?: CpuTune;
  /** Default: none. */
  readonly memoryTune?: MemoryTune;
  readonly block?: {
    readonly weight?: number;
    readonly devices?: readonly (Partial<BlockDevice> & { readonly path: string })[];
  };
  /** Default: running. */
  readonly state?: SimDomain['state'];
  /** Default: true. */
  readonly persistent?: boolean;
}

/**
 * Defines a domain on a host and starts it unless it is to be shut off.
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
    liveTuning: null,
    config: spec.nics.map((nic, index) => configNic(nic, index, uuid)),
    saved: null,
    savedTuning: null,
    configTuning: configTuning(spec, uuid),
    busy: null,
    job: null,
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
    domain.configTuning = null;
  }
  host.domains.push(domain);
  emitLifecycle(host, domain, 'Defined Added');
  return domain;
}

function configTuning(spec: DomainSpec, uuid: string): SimTuning {
  const disks = spec.disks ?? [
    { target: 'vda', source: `/var/lib/nova/instances/${uuid}/disk`, format: 'qcow2' },
  ];
  const none = { read_iops_sec: 0, write_iops_sec: 0, read_bytes_sec: 0, write_bytes_sec: 0 };
  return {
    disks: disks.map(configDisk),
    cpu: spec.cpu ?? { cpu_shares: Math.min(10_000, (spec.vcpus ?? 2) * 1024) },
    memory: spec.memoryTune ?? {},
    block: {
      weight: spec.block?.weight ?? 0,
      devices: (spec.block?.devices ?? []).map((device) => ({ ...none, ...device })),
    },
  };
}

/** A disk for a definition. */
export function configDisk(spec: DiskSpec): SimDisk {
  const device = spec.device ?? 'disk';
  return {
    bus: 'virtio',
    type: 'file',
    source: '',
    format: 'raw',
    shareable: false,
    transient: false,
    ...spec,
    device,
    readonly: spec.readonly ?? device === 'cdrom',
    iotune: spec.iotune === undefined ? null : { ...NO_IOTUNE, ...spec.iotune },
  };
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
