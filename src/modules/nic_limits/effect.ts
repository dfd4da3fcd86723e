import { type DesiredLimits, DIRECTIONS, type Direction, type DirectionLimit } from '../../model/limits.ts';
import type { Card } from './card.ts';
import type { Wanted } from './item.ts';

/**
 * The limits as they must be sent so that they have an effect. What a VM on an Open vSwitch port receives is limited by
 * the peak (max-rate); the average is only a guarantee (min-rate) and limits nothing: there peak = average. What it
 * sends is policed at the average, as on a tap (virNetDevOpenvswitchInterfaceSetQos; seen in OVSDB and tc).
 */
export function enforceable(card: Card, asked: Wanted): Wanted {
  if (!card.isOvs) return asked;
  const adjust = (limits: DesiredLimits): DesiredLimits =>
    limits.inbound === undefined ? limits : { ...limits, inbound: withPeak(limits.inbound) };
  return { live: adjust(asked.live), config: adjust(asked.config) };
}

function withPeak(limit: DirectionLimit): DirectionLimit {
  return limit === null || limit.peak > 0 || limit.average === 0 ? limit : { ...limit, peak: limit.average };
}

/** What is worth knowing of the limits on this card although they can be set. */
export function notesOn(card: Card, asked: Wanted, wanted: Wanted): readonly string[] {
  const all: DesiredLimits = { ...asked.config, ...asked.live };
  const sent: DesiredLimits = { ...wanted.config, ...wanted.live };
  const notes: string[] = [];
  for (const direction of DIRECTIONS) {
    const limit = all[direction];
    if (limit === undefined || limit === null) continue;
    if (sent[direction]?.peak !== limit.peak) {
      notes.push(
        `${direction}: peak is set to the average, since on Open vSwitch an average alone limits nothing`,
      );
    } else if (ignoresPeak(card, direction) && limit.peak > 0 && limit.peak !== limit.average) {
      notes.push(`${direction}: peak has no effect on a NIC of type ${card.type}, the average is the limit`);
    }
  }
  if (card.domain.persistent && card.config === null) {
    notes.push('the NIC is not in the persistent configuration: its limits end when the VM stops');
  }
  if (card.domain.live !== null && card.live === null) {
    notes.push('the NIC is not in the running VM: its limits begin with the next start');
  }
  return notes;
}

/**
 * Taps shape what the VM receives and police what it sends; macvtap the other way round. Policing has no peak
 * (virNetDevBandwidthSet). Open vSwitch shapes and polices like a tap.
 */
function ignoresPeak(card: Card, direction: Direction): boolean {
  return card.type === 'direct' ? direction === 'inbound' : direction === 'outbound';
}
