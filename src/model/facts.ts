import type { Limits } from './limits.ts';

/** What was read from one host in one visit. */
export interface HostFacts {
  readonly domains: readonly Domain[];
  readonly networks: readonly Network[];
  /** Domains that the host lists but whose description could not be read, with the reason. */
  readonly unreadable: readonly { readonly uuid: string; readonly name: string; readonly error: string }[];
}

/** A virtual machine. */
export interface Domain {
  readonly uuid: string;
  readonly name: string;
  readonly title: string;
  readonly state: DomainState;
  readonly persistent: boolean;
  /**
   * The VM is shut off and its memory saved: its next start restores the NICs as they were when it was saved, and
   * ignores what was set since.
   */
  readonly managedSave: boolean;
  readonly nova: NovaMetadata | null;
  /** NICs of the running VM in `virsh domiflist` order; null when it is shut off. */
  readonly live: readonly Nic[] | null;
  /** NICs that the next start will have; null for a transient VM. */
  readonly config: readonly Nic[] | null;
}

/** `other` stands for libvirt's rare ones: in shutdown, crashed, pmsuspended. */
export type DomainState = 'running' | 'paused' | 'shutoff' | 'other';

/** OpenStack Nova's metadata of a domain, both namespaces (1.0 and 1.1). Empty string where absent. */
export interface NovaMetadata {
  readonly name: string;
  readonly flavor: string;
  readonly project: { readonly name: string; readonly uuid: string };
  readonly user: { readonly name: string; readonly uuid: string };
}

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

/** Attributes of `<source>`; empty string where absent. */
export interface NicSource {
  readonly network: string;
  readonly portgroup: string;
  readonly bridge: string;
  readonly dev: string;
}

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
