import type { Place } from './diagnostic.ts';

/** Plain JSON-like data from YAML; containers carry their places (yaml/places.ts). */
export type Vars = Readonly<Record<string, unknown>>;

export interface Group {
  readonly name: string;
  /** Names of the direct child groups, in file order. */
  readonly children: readonly string[];
  /** Names of the hosts listed in this very group, in file order. */
  readonly hosts: readonly string[];
  /** Variables of this very group from the inventory's own files. */
  readonly vars: Vars;
  /** `ansible_group_priority`: of groups equally deep, a higher one's variables win. 1 when absent. */
  readonly priority?: number | undefined;
}

export interface Inventory {
  /** In the order in which they first appear. */
  readonly hosts: ReadonlyMap<string, InventoryHost>;
  /** Holds `all` and `ungrouped` always. */
  readonly groups: ReadonlyMap<string, Group>;
}

export interface InventoryHost {
  readonly name: string;
  /** Every group that the host is in, directly or through children, without `all`; sorted. */
  readonly groups: readonly string[];
  readonly vars: Vars;
  readonly place?: Place | undefined;
  /** The inventory source in which it was first. */
  readonly source?: HostSource | undefined;
}

export interface HostSource {
  /** Absolute; a list of hosts is itself. */
  readonly file: string;
  readonly dir: string;
}
