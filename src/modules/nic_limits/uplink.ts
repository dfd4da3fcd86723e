import { plural } from '../../base/text.ts';
import { formatRate } from '../../base/units.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../facts/bandwidth.ts';
import type { Change } from '../../model/change.ts';
import { desiredOf } from '../../model/change.ts';
import type { FoundNic } from './item.ts';
import type { NicLimitsArgs } from './rule.ts';
import { toLimits } from './settings.ts';

const DOING: Readonly<Record<Direction, string>> = { inbound: 'receive', outbound: 'send' };

/**
 * Where the averages that running VMs may use together are more than the host's network carries. They are those of
 * the rules where these can be set, else those in force; what has no limit cannot be added up and is counted.
 */
export function uplinkNotes(
  { uplink }: NicLimitsArgs,
  found: readonly FoundNic[],
  changes: ReadonlyMap<FoundNic, Change>,
): readonly string[] {
  if (uplink === undefined) return [];
  const running = found.filter(({ live }) => live !== null);
  return DIRECTIONS.flatMap((direction) => {
    const limits = running.map((nic) => limitOf(nic, changes.get(nic), direction));
    const averages = limits.flatMap((limit) =>
      limit === null || limit.average === 0 ? [] : [limit.average],
    );
    const sum = averages.reduce((a, b) => a + b, 0);
    if (sum <= uplink) return [];
    const free = limits.length - averages.length;
    const more = free === 0 ? '' : `, and ${plural(free, 'NIC')} without a limit`;
    return [
      `${direction}: by the rules, what running VMs may ${DOING[direction]} adds up to ${formatRate(sum)} (${plural(averages.length, 'NIC')}${more}), more than the uplink's ${formatRate(uplink)}`,
    ];
  });
}

function limitOf(found: FoundNic, change: Change | undefined, direction: Direction): DirectionLimit {
  const { nic } = found;
  const now = nic.live?.limits[direction] ?? null;
  const willHold = change !== undefined && ['inSync', 'pending'].includes(change.status);
  const port = found.live?.[`port_${direction}.average`];
  const byPort = (willHold ? desiredOf(change, 'live')[`port_${direction}.average`] : undefined) ?? port;
  if (typeof byPort === 'number') return { average: byPort / 8, peak: 0, burst: 0, floor: 0 };
  const desired = willHold ? toLimits(desiredOf(change, 'live'))[direction] : undefined;
  return desired === undefined ? now : desired;
}
