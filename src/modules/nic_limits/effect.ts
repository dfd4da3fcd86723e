import { formatSize, MAX_BURST } from '../../base/units.ts';
import {
  type DesiredLimits,
  DIRECTIONS,
  type Direction,
  type DirectionLimit,
  type Rate,
} from '../../facts/bandwidth.ts';
import { savedNote } from '../shared/sides.ts';
import { smallBurst } from './burst.ts';
import type { DomainNic } from './domain_nic.ts';
import { type DesiredBySide, SIDES } from './item.ts';

/**
 * The limits as they must be sent so that they have an effect. What a VM on an Open vSwitch port receives is limited by
 * the peak (max-rate); the average is only a guarantee (min-rate) and limits nothing: there peak = average. What it
 * sends is policed at the average, as on a tap (virNetDevOpenvswitchInterfaceSetQos; seen in OVSDB and tc).
 */
export function enforceable(nic: DomainNic, desired: DesiredBySide): DesiredBySide {
  if (!nic.isOvs) return desired;
  const adjust = (limits: DesiredLimits): DesiredLimits =>
    limits.inbound === undefined ? limits : { ...limits, inbound: withPeak(limits.inbound) };
  return { live: adjust(desired.live), config: adjust(desired.config) };
}

function withPeak(limit: DirectionLimit): DirectionLimit {
  return limit === null || limit.peak > 0 || limit.average === 0 ? limit : { ...limit, peak: limit.average };
}

/** What is worth knowing of the limits on this NIC although they can be set. */
export function notesOn(nic: DomainNic, desired: DesiredBySide, sent: DesiredBySide): readonly string[] {
  const sides = SIDES.filter((side) => nic[side] !== null);
  const perSide = DIRECTIONS.flatMap((direction) =>
    sides.flatMap((side) => limitNotes(nic, direction, desired[side], sent[side])),
  );
  // Both states are mostly to have the same, of which one note is enough.
  const notes = [...new Set(perSide)];
  if (nic.found.what === 'it' && nic.found.twins > 0)
    notes.push('another NIC of this VM has the same MAC; libvirt changes this one, the first');
  if (nic.domain.managedSave && nic.live === null) notes.push(savedNote(nic.domain.uuid));
  if (nic.domain.persistent && nic.config === null) {
    notes.push('the NIC is not in the persistent configuration: its limits end when the VM stops');
  }
  if (nic.live === null && nic.domain.state !== 'shutoff') {
    notes.push('the NIC is not in the running VM: its limits begin with the next start');
  }
  return notes;
}

function limitNotes(
  nic: DomainNic,
  direction: Direction,
  desired: DesiredLimits,
  sent: DesiredLimits,
): readonly string[] {
  const limit = desired[direction];
  if (limit === undefined || limit === null) return [];
  const notes: string[] = [];
  if (sent[direction]?.peak !== limit.peak) {
    notes.push(
      `${direction}: peak is set to the average, since on Open vSwitch an average alone limits nothing`,
    );
  } else if (ignoresPeak(nic, direction) && limit.peak > 0 && limit.peak !== limit.average) {
    notes.push(`${direction}: peak has no effect on a NIC of type ${nic.type}, the average is the limit`);
  }
  if (limit.average > MAX_BURST && limit.burst === MAX_BURST)
    notes.push(`${direction}: the burst is ${formatSize(MAX_BURST)}, the most that tc can hold`);
  return [...notes, ...shapingNotes(nic, direction, limit)];
}

/**
 * A tap's HTB class cannot borrow: what it lets through beyond the average is one burst at the speed of the peak, so
 * that each of them alone does next to nothing (measured: facts, 3.1). What a macvtap receives is policed instead.
 */
function shapingNotes(
  nic: DomainNic,
  direction: Direction,
  { average, peak, burst }: Rate,
): readonly string[] {
  if (nic.isOvs || average === 0) return [];
  if (ignoresPeak(nic, direction)) {
    // What taps police is advised on with the rule itself, where the line is known.
    const small =
      direction === 'inbound'
        ? smallBurst(average, burst, burst > 0 && burst !== average ? 'burst' : direction)
        : null;
    return small === null ? [] : [`${direction}: ${small.message}; ${small.hint}`];
  }
  if (burst > 0 && peak === 0)
    return [
      `${direction}: burst has next to no effect without a peak on a NIC of type ${nic.type}: give both, or neither`,
    ];
  if (peak > average && burst === 0)
    return [
      `${direction}: peak has next to no effect without a burst on a NIC of type ${nic.type}: give both, or neither`,
    ];
  return [];
}

/**
 * Taps shape what the VM receives and police what it sends; macvtap the other way round. Policing has no peak
 * (virNetDevBandwidthSet). Open vSwitch shapes and polices like a tap.
 */
function ignoresPeak(nic: DomainNic, direction: Direction): boolean {
  return nic.type === 'direct' ? direction === 'inbound' : direction === 'outbound';
}
