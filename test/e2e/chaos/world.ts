import type { Event, Rate, Shape, Side } from './scenario.ts';

/** A limit of what a NIC receives, in kB/s; null for none. */
export type Limit = Rate | null;

/** One write to a NIC, as its host has seen it. */
export interface Write {
  readonly host: string;
  readonly uuid: string;
  readonly mac: string;
  readonly side: Side;
  readonly limit: Limit;
}

/** What a NIC has, on whatever host its VM is. */
export interface Nic {
  readonly host: string;
  readonly vm: string;
  readonly uuid: string;
  readonly mac: string;
  readonly limits: Readonly<Record<Side, Limit | undefined>>;
}

/** Hosts and VMs that live while virtune is killed beside them, simulated or real, with a log of their own. */
export interface World {
  readonly shape: Shape;
  readonly hosts: readonly string[];
  /** Options of the command line that name the hosts. */
  readonly inventory: readonly string[];
  /** A folder that goes away with the world. */
  readonly dir: string;
  /** VMs as at the beginning, and an empty log. @returns what each NIC has then */
  readonly begin: () => Promise<readonly Nic[]>;
  /** Does what can be done; a VM that is gone, or runs, is left as it is. */
  readonly act: (event: Exclude<Event, { readonly kind: 'fill' | 'watch' }>) => Promise<void>;
  /** What was begun has ended, everything is up, and all VMs run. */
  readonly heal: () => Promise<void>;
  readonly look: () => Promise<readonly Nic[]>;
  /** All writes since the beginning that were not made by {@link act}, in the order of each host. */
  readonly writes: () => Promise<readonly Write[]>;
  /** The next write has been made; null where hosts do not tell that at once. */
  readonly written: (() => Promise<void>) | null;
  /** Locks and processes on hosts, in words; none where nothing is left. */
  readonly leftOver: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}
