import { plural } from '../../base/text.ts';
import { formatRate } from '../../base/units.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../model/limits.ts';
import type { Card } from './card.ts';
import type { NicItem } from './item.ts';

const DOING: Readonly<Record<Direction, string>> = { inbound: 'receive', outbound: 'send' };

/**
 * Where the averages that running VMs may use together are more than the host's network carries. They are those of
 * the rules where these can be set, else those in force; what has no limit cannot be added up and is counted.
 */
export function uplinkNotes(
  cards: readonly Card[],
  items: readonly NicItem[],
  uplink: number,
): readonly string[] {
  const itemOf = new Map(items.map((item) => [item.card, item]));
  const running = cards.filter((card) => card.live !== null);
  return DIRECTIONS.flatMap((direction) => {
    const limits = running.map((card) => limitOf(card, itemOf.get(card), direction));
    const averages = limits.flatMap((limit) =>
      limit === null || limit.average === 0 ? [] : [limit.average],
    );
    const sum = averages.reduce((a, b) => a + b, 0);
    if (sum <= uplink) return [];
    const free = limits.length - averages.length;
    const more = free === 0 ? '' : `, and ${plural(free, 'NIC')} without a limit`;
    return [
      `${direction}: what running VMs may ${DOING[direction]} adds up to ${formatRate(sum)} (${plural(averages.length, 'NIC')}${more}), more than the uplink's ${formatRate(uplink)}`,
    ];
  });
}

function limitOf(card: Card, item: NicItem | undefined, direction: Direction): DirectionLimit {
  const now = card.live?.limits[direction] ?? null;
  const willHold = item !== undefined && ['inSync', 'pending'].includes(item.result.status);
  const wanted = willHold ? item.wanted.live[direction] : undefined;
  return wanted === undefined ? now : wanted;
}
