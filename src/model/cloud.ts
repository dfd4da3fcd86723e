/** What an OpenStack cloud says of one of its regions, cut down to what inventories and rules can use. */
export interface CloudRegion {
  readonly cloud: string;
  readonly region: string;
  readonly hypervisors: readonly Hypervisor[];
  /** What is not known, or left out, in words for people: a cell that does not answer, names that may not be read. */
  readonly notes: readonly string[];
}

/** A compute host whose VMs are libvirt's. */
export interface Hypervisor {
  readonly id: string;
  /** Its name as libvirt has it: `hypervisor_hostname`. */
  readonly name: string;
  /** Its name as Nova's service has it: what servers and ports are bound to. */
  readonly host: string;
  /** Empty where Nova does not say. */
  readonly hostIp: string;
  readonly type: string;
  /** Of the service: `up` or `down`. */
  readonly state: string;
  /** Of the service: `enabled` or `disabled`. */
  readonly status: string;
  /** Empty where Nova does not say. */
  readonly zone: string;
  readonly aggregates: readonly string[];
  /** Neutron's agent that runs there with the extension `qos`, by its program; empty without one, and where Neutron does not say. */
  readonly qosAgent: string;
  readonly servers: readonly CloudServer[];
}

/** A server; its ID is the UUID of its domain. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  /** The name is empty where Keystone does not tell it. */
  readonly project: CloudName;
  readonly flavor: CloudFlavor;
  /** `ACTIVE`, `SHUTOFF`, … */
  readonly status: string;
  readonly locked: boolean;
  readonly tags: readonly string[];
  readonly metadata: Readonly<Record<string, string>>;
  readonly ports: readonly CloudPort[];
}

export interface CloudName {
  readonly id: string;
  readonly name: string;
}

/** The flavor as the server has it: its own copy, which a later change of the flavor does not reach. */
export interface CloudFlavor {
  readonly name: string;
  /** Its extra specs that begin with `quota:`. */
  readonly quotas: Readonly<Record<string, string>>;
  /** Those of the flavor of that name as it is now, where they are others; null where there is no such flavor. */
  readonly current?: Readonly<Record<string, string>> | null;
  /** Nova tells this login nothing of extra specs: what the flavor limits is not known. */
  readonly hidden?: true;
}

export interface CloudPort {
  readonly id: string;
  readonly name: string;
  readonly mac: string;
  readonly network: CloudName;
  readonly fixed_ips: readonly string[];
  /** Neutron's QoS policy of the port, or of its network; absent without one that limits. */
  readonly qos?: CloudQos;
}

export interface CloudQos {
  readonly policy: CloudName;
  /** Whether the port has it itself, or its network. */
  readonly of: 'port' | 'network';
}
