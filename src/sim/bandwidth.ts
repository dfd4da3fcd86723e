import type { DirectionLimit, Limits, Rate } from '../facts/bandwidth.ts';
import type { NicType, SimLiveNic, SimNic } from './model.ts';

/** Rules of `virNetDevBandwidth` (libvirt facts, sections 1 and 2). */

const TUNABLE: ReadonlySet<NicType> = new Set<NicType>(['bridge', 'network', 'direct', 'ethernet']);

/** `virNetDevSupportsBandwidth`. */
export function supportsBandwidth(type: NicType): boolean {
  return TUNABLE.has(type);
}

export function actualType(nic: SimLiveNic): NicType {
  return nic.actual?.type ?? nic.type;
}

/** `virDomainNetDefIsOvsport`. */
export function isOvsPort(nic: SimLiveNic): boolean {
  return actualType(nic) === 'bridge' && (nic.actual?.virtualport || nic.virtualport) === 'openvswitch';
}

/** What is in force for a live NIC, own or inherited. */
export function effectiveBandwidth(nic: SimLiveNic): Limits | null {
  return nic.actual === null ? nic.bandwidth : nic.actual.bandwidth;
}

/** A direction is printed, and programmed as a limit, only with an average or a floor. */
export function isSet(direction: DirectionLimit): direction is Rate {
  return direction !== null && (direction.average > 0 || direction.floor > 0);
}

/** False for an empty element as for none. */
export function hasLimit(bandwidth: Limits | null): boolean {
  return bandwidth !== null && (isSet(bandwidth.inbound) || isSet(bandwidth.outbound));
}

/** What a `domiftune` call sends: undefined for a direction that was not given, all zeros to clear it. */
export interface BandwidthChange {
  readonly inbound?: Rate | undefined;
  readonly outbound?: Rate | undefined;
}

/** A given direction replaces the old one whole; one that was not given is kept. */
export function mergeBandwidth(old: Limits | null, change: BandwidthChange): Limits {
  const merge = (given: Rate | undefined, kept: DirectionLimit): DirectionLimit =>
    given === undefined ? kept : isSet(given) ? given : null;
  return {
    inbound: merge(change.inbound, old?.inbound ?? null),
    outbound: merge(change.outbound, old?.outbound ?? null),
  };
}

/**
 * Checks of the XML parser: a start parses the stored definition again, and there a setting that `--config` accepted
 * may turn out to be wrong (section 1.7).
 * @returns libvirt's message, null when all is well
 */
export function definitionError(nic: SimNic): string | null {
  for (const direction of [nic.bandwidth?.inbound, nic.bandwidth?.outbound]) {
    // What is not printed is not parsed again.
    if (direction === undefined || !isSet(direction)) continue;
    if (direction.average === 0 && (direction.peak > 0 || direction.burst > 0))
      return "unsupported configuration: 'peak' and 'burst' require 'average' attribute";
    if (direction.floor > 0 && nic.type !== 'network')
      return 'unsupported configuration: floor attribute is not supported for this config';
  }
  return null;
}
