import { attribute, child, type Element, XmlError } from '../libvirt/xml.ts';

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

/** The limits that a NIC is to have. A direction that is absent is left alone. */
export interface DesiredLimits {
  readonly inbound?: DirectionLimit;
  readonly outbound?: DirectionLimit;
}

/**
 * `<bandwidth>` of an interface, a portgroup or a network. Absent, empty and zero are the same to libvirt, and a
 * direction without average and floor is printed but not in force (facts of `virNetDevBandwidthFormat`).
 */
export function parseBandwidth(bandwidth: Element | undefined): Limits {
  return {
    inbound: parseDirection(child(bandwidth, 'inbound')),
    outbound: parseDirection(child(bandwidth, 'outbound')),
  };
}

function parseDirection(direction: Element | undefined): DirectionLimit {
  const number = (name: string): number => {
    const value = Number(attribute(direction, name));
    if (!(value >= 0)) throw new XmlError(`bandwidth: ${name} is not a number from 0`);
    return value;
  };
  const rate = {
    average: number('average'),
    peak: number('peak'),
    burst: number('burst'),
    floor: number('floor'),
  };
  return rate.average === 0 && rate.floor === 0 ? null : rate;
}
