/**
 * What one direction of a NIC may do, in libvirt's own units: average, peak and floor in kB/s of 1000 bytes,
 * burst in KiB of 1024 bytes. 0 means that the attribute is not set.
 * Source: libvirt `src/util/virnetdevbandwidth.h`.
 */
export interface Rate {
  readonly average: number;
  readonly peak: number;
  readonly burst: number;
  readonly floor: number;
}

/** A direction without limit is null: absent, empty and zero are the same thing to libvirt. */
export type DirectionLimit = Rate | null;

export const DIRECTIONS = ['inbound', 'outbound'] as const;

/** Seen from the VM: inbound is what it receives, outbound what it sends. */
export type Direction = (typeof DIRECTIONS)[number];

/** The limits that a NIC has, in one of libvirt's two states. */
export interface Limits {
  readonly inbound: DirectionLimit;
  readonly outbound: DirectionLimit;
}

/** The limits that a NIC shall have. A direction that is absent is left alone. */
export interface DesiredLimits {
  readonly inbound?: DirectionLimit;
  readonly outbound?: DirectionLimit;
}
