import type { Limits, Rate } from '../facts/bandwidth.ts';
import type { Controller, SimTuning } from './tuning.ts';

/**
 * The state of one simulated hypervisor, as libvirt 9.0.0 and the kernel keep it. Domains and hosts are changed in
 * place; NICs and arrays of NICs are replaced, never changed, so that whatever was derived from them can be cached.
 */

/** `interface/@type`. */
export type NicType = 'bridge' | 'network' | 'direct' | 'ethernet' | 'user' | 'vhostuser' | 'hostdev';

/** A NIC as a definition has it. Empty string where an attribute is absent. */
export interface SimNic {
  readonly mac: string;
  readonly type: NicType;
  readonly source: SimSource;
  readonly virtualport: '' | 'openvswitch';
  /** `virtualport/parameters/@interfaceid`. */
  readonly interfaceId: string;
  /** Names that libvirt generates (vnet3, macvtap0) are not part of a definition. */
  readonly target: string;
  readonly model: string;
  /** PCI slot: what the guest sees as the position of the card. */
  readonly slot: number;
  /** The NIC's own setting. Null is no element; both directions null is an empty one, as after a clear. */
  readonly bandwidth: Limits | null;
}

/** Attributes of `<source>`. For `direct`, `dev` is the parent; for `hostdev`, a PCI address. */
export interface SimSource {
  readonly network: string;
  readonly portgroup: string;
  readonly bridge: string;
  readonly dev: string;
}

/** A NIC of a running domain. */
export interface SimLiveNic extends SimNic {
  readonly alias: string;
  /** What a NIC of type network became when it was plugged; null for all other types. */
  readonly actual: SimActual | null;
  /** What the kernel has for this tap; OVS ports have a row in {@link SimHost.ovsdb} instead. */
  readonly tc: SimTc;
}

export interface SimActual {
  readonly type: NicType;
  readonly bridge: string;
  readonly dev: string;
  readonly virtualport: '' | 'openvswitch';
  readonly portId: string;
  /** In force: own, else copied from the portgroup as a whole (libvirt facts, section 4). */
  readonly bandwidth: Limits | null;
}

/** Queueing of one tap. A shaper without its leaf is in force all the same: that is what a failed set leaves behind. */
export interface SimTc {
  readonly root: 'noqueue' | 'pfifo_fast' | 'htb' | 'cake';
  /** HTB class 1:1. */
  readonly shaper: Rate | null;
  readonly leaf: boolean;
  readonly ingress: boolean;
  /** The police filter below the ingress qdisc. */
  readonly policer: Rate | null;
}

export interface SimDomain {
  readonly uuid: string;
  readonly name: string;
  readonly title: string;
  /** Inner XML of `<metadata>`, '' for none. */
  readonly metadata: string;
  readonly memoryKiB: number;
  readonly vcpus: number;
  persistent: boolean;
  state: 'running' | 'paused' | 'shutoff' | 'crashed';
  id: number | null;
  live: readonly SimLiveNic[] | null;
  /**
   * The definition for the next start. Null for a domain that was created transient: `--inactive` then shows the live
   * one in another form. A domain that was undefined while it ran keeps its last definition.
   */
  config: readonly SimNic[] | null;
  /** The NICs in a managed-save image, which the next start restores; null without one. */
  saved: readonly SimNic[] | null;
  savedTuning: SimTuning | null;
  /** Disks, CPU, memory and block I/O: null where the NICs of that state are. */
  liveTuning: SimTuning | null;
  configTuning: SimTuning | null;
  /** What somebody has written into files of its cgroup, by their names below its scope. */
  cgroupByHand?: Readonly<Record<string, string>>;
  /** Another job holds the lock that a change needs; null when there is none. */
  busy: { attempts: number; readonly holder: string } | null;
  /** The operation of a job that `domjobinfo` tells of, e.g. `Save`, and that lets nobody change the domain; null when there is none. */
  job: string | null;
}

export interface SimNetwork {
  readonly name: string;
  readonly uuid: string;
  readonly active: boolean;
  /** `forward/@mode`, '' for an isolated network. */
  readonly forward: '' | 'nat' | 'route' | 'open' | 'bridge' | 'private' | 'vepa' | 'passthrough' | 'hostdev';
  readonly bridge: string;
  /** The parent of macvtap networks. */
  readonly dev: string;
  readonly virtualport: '' | 'openvswitch';
  readonly bandwidth: Limits | null;
  readonly portgroups: readonly SimPortgroup[];
}

export interface SimPortgroup {
  readonly name: string;
  readonly isDefault: boolean;
  readonly bandwidth: Limits | null;
}

/** What OVS has for one port: keys of `other_config` and of the Interface row. Updates never remove a key. */
export interface OvsRow {
  readonly qos: Readonly<Partial<Record<'min-rate' | 'max-rate' | 'burst', number>>> | null;
  readonly policingRate: number;
  readonly policingBurst: number;
}

/** A block device of the host: one device, whatever number of names. */
export interface SimBlockDevice {
  readonly names: readonly string[];
  /** A partition: the kernel limits whole devices alone. */
  readonly part?: true;
}

/** Faults and knobs of a host below SSH. May be changed at any time. */
export interface SimKnobs {
  /** Parts of the kernel that are missing: sch_sfq, act_police. Live sets that need them fail halfway. */
  missing: readonly ('sfq' | 'police')[];
  /** So many live sets from now on meet another program, which deletes the tap's queues while libvirt builds them. */
  raced: number;
  virsh: 'present' | 'missing';
  /**
   * `elsewhere`: libvirt is in another network namespace, so that tc has none of its devices. `idle`: the kernel limits
   * nothing, whatever libvirt was told.
   */
  tc: 'present' | 'absent' | 'elsewhere' | 'idle';
  /** The only words that run virsh there: a container has it, and the host has none, where they are not `virsh`. */
  virshWords: string;
  /** Whether logins may look into the folders with libvirt's files. */
  folders: 'open' | 'closed';
  /** How `list --uuid --name` prints names: up to virsh 6.x they are padded to 30 columns. */
  listNames: 'plain' | 'padded';
  /** `down`: no socket. `denied`: no rights at all. `readonly`: only `virsh -r` may connect. */
  libvirtd: 'up' | 'down' | 'denied' | 'readonly';
  /** Changes are refused by an access control driver although the connection may write. */
  acl: boolean;
  /** euid is not 0: libvirt refuses live limits. */
  session: boolean;
  /** The cgroup controllers that libvirt has; none at all is a host without cgroups. */
  cgroups: readonly Controller[];
  /** Commands whose live part fails. */
  failLive: readonly ('domiftune' | 'blkdeviotune' | 'blkiotune' | 'schedinfo' | 'memtune')[];
  blockDevices: readonly SimBlockDevice[];
  /** Why there is no lock for those who write, as libvirt/lock_answer.ts has it; '' where there is one. */
  flock: '' | 'flock' | 'timeout' | 'folder';
  /** How long a change waits for a busy domain before libvirt gives up: 30 s in reality. */
  lockTimeoutMs: number;
  /** Of each virsh process. */
  latencyMs: number;
}

export interface SimHost {
  readonly name: string;
  readonly domains: SimDomain[];
  networks: readonly SimNetwork[];
  /** By port name. */
  readonly ovsdb: Map<string, OvsRow>;
  readonly knobs: SimKnobs;
  /** Who writes: a process and what it says of its owner; null for nobody. */
  lock: string | null;
  /** Those that wait for a confirm, by name. */
  readonly watchdogs: Map<string, SimWatchdog>;
  /** Live ports of networks, by port id; gone when a network is restarted below its NICs. */
  readonly ports: Map<string, SimPort>;
  readonly next: { id: number; vnet: number; macvtap: number; serial: number };
  /** Those who hear of events, by the line that virsh would print. */
  readonly listeners: Set<(line: string) => void>;
  /** Counts what libvirt writes to its files. */
  changes: number;
}

/** A watchdog that waits on a simulated host (libvirt/watchdog_script.ts). */
export interface SimWatchdog {
  /** Two lines an entry. */
  undo: string[];
  /** Its time has come: it gives back, and nobody can call it off. */
  late: boolean;
  readonly timer: NodeJS.Timeout;
}

export interface SimPort {
  readonly network: string;
  readonly floor: number;
}

export const NO_TC: SimTc = { root: 'noqueue', shaper: null, leaf: false, ingress: false, policer: null };

export const NO_SOURCE: SimSource = { network: '', portgroup: '', bridge: '', dev: '' };

/** A hypervisor without domains. */
export function simHost(name: string, networks: readonly SimNetwork[] = []): SimHost {
  return {
    name,
    domains: [],
    networks,
    ovsdb: new Map(),
    knobs: {
      missing: [],
      raced: 0,
      virsh: 'present',
      tc: 'present',
      virshWords: 'virsh',
      folders: 'open',
      listNames: 'plain',
      libvirtd: 'up',
      acl: false,
      session: false,
      cgroups: ['cpu', 'memory', 'blkio'],
      failLive: [],
      blockDevices: [
        { names: ['/dev/vda'] },
        { names: ['/dev/sda', '/dev/disk/by-id/wwn-0x5000c500a1b2c3d4'] },
        { names: ['/dev/sda1'], part: true },
        { names: ['/dev/loop0'] },
      ],
      flock: '',
      lockTimeoutMs: 30_000,
      latencyMs: 0,
    },
    lock: null,
    watchdogs: new Map(),
    ports: new Map(),
    next: { id: 1, vnet: 0, macvtap: 0, serial: 0 },
    listeners: new Set(),
    changes: 0,
  };
}
