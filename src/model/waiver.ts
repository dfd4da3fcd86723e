import type { Place } from './diagnostic.ts';

/** Who said that a difference may stay, why and until when: what is told of it. */
export interface WaiverRef {
  readonly owner: string;
  readonly reason: string;
  /** As it is written: a date, whose last moment is meant (UTC), or a timestamp. */
  readonly until: string;
  readonly file: string;
  readonly line: number;
}

/** What may differ until a time. */
export interface Waiver extends WaiverRef {
  /** The first moment at which it does not hold any more, in ms since 1970. */
  readonly endsAt: number;
  readonly place: Place;
  /** A pattern of hosts, as in a play; all where it is absent. */
  readonly hosts?: string;
  /** Words of VMs as in a rule; all where it is absent. */
  readonly domain?: readonly string[];
  readonly modules?: readonly string[];
  /** Globs of labels, keys and details of subjects. */
  readonly subject?: readonly string[];
  /** Globs of names of settings: it covers these alone. */
  readonly settings?: readonly string[];
  /** What must be there for it to hold. */
  readonly has?: Readonly<Record<string, number | string | null>>;
}

/** A waiver with the inventory hosts that it is for; null for all. */
export interface BoundWaiver extends Waiver {
  readonly hostNames: ReadonlySet<string> | null;
}

/**
 * What became of a waiver in a run:
 * - used: something that differs is left because of it
 * - unused: nothing that it covers differs
 * - expired: what it covered counts again
 * - unknown: hosts or VMs that it may be for were not read
 */
export const WAIVER_STATES = ['used', 'unused', 'expired', 'unknown'] as const;

export interface WaiverUse extends WaiverRef {
  readonly state: (typeof WAIVER_STATES)[number];
  /** How many subjects it has left as they are. */
  readonly count: number;
}
