/** What the parts of the soak hand to each other, as look.py and oracle.py print it. */

/** [average, peak, burst, floor] in libvirt's own units; null for no limit. */
export type Limit = readonly [number, number, number, number] | null;
export type Direction = 'inbound' | 'outbound';
export type Side = 'live' | 'config';
export const DIRECTIONS = ['inbound', 'outbound'] as const;
export const SIDES = ['live', 'config'] as const;

export interface Nic {
  readonly mac: string;
  readonly type: string;
  readonly network: string;
  readonly portgroup: string;
  readonly bridge: string;
  readonly target: string;
  readonly model: string;
  readonly alias: string;
  /** In the description, and as domiftune prints it (what is inherited is not in there). */
  readonly limits: Readonly<Record<Direction, Limit>>;
  readonly tuned: Readonly<Record<Direction, Limit>>;
}

export interface Domain {
  readonly uuid: string;
  readonly name: string;
  readonly title: string;
  readonly state: string;
  readonly persistent: boolean;
  /** Whether the next start takes up a saved state. */
  readonly saved: boolean;
  readonly nova: {
    readonly name: string;
    readonly flavor: string;
    readonly project: { readonly name: string; readonly uuid: string };
    readonly user: { readonly name: string; readonly uuid: string };
  } | null;
  readonly live: readonly Nic[] | null;
  readonly config: readonly Nic[] | null;
}

export interface Look {
  readonly domains: readonly Domain[];
  readonly networks: object;
}

/** A rule as its author means it: what the generator knows without reading what it wrote. */
export interface Meant {
  readonly name: string;
  readonly domain: readonly string[];
  readonly match: Readonly<Record<string, unknown>>;
  readonly nic: 'all' | number | readonly number[] | Readonly<Record<string, string>>;
  readonly limits: Readonly<Partial<Record<Direction, Limit>>>;
  readonly apply_to: 'both' | Side;
  readonly required: boolean;
}

/** What the oracle says of one NIC that the report is to have. */
export interface Verdict {
  readonly uuid: string;
  readonly domain: string;
  readonly mac: string;
  /** How many NICs of the VM have this MAC before it. */
  readonly nth: number;
  /** As in `virsh domiflist`. */
  readonly position: number | null;
  readonly type: string;
  readonly rules: readonly string[];
  readonly outcomes: readonly string[];
  readonly desired: Readonly<Record<Side, Readonly<Partial<Record<Direction, Limit>>>>>;
  readonly differing: readonly Side[];
  readonly has: Readonly<Record<Side, Readonly<Record<Direction, Limit>> | null>>;
  readonly becomes: Readonly<Record<Side, Readonly<Record<Direction, Limit>> | null>>;
}

export interface Oracle {
  readonly hosts: Readonly<Record<string, readonly Verdict[]>>;
  /** Names of the rules that name any NIC. */
  readonly matched: readonly string[];
}
