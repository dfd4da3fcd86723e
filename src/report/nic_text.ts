import { printable } from '../base/text.ts';
import { formatRate, formatSize } from '../base/units.ts';
import { renderRate } from '../libvirt/domiftune.ts';
import { DIRECTIONS, type Direction, type DirectionLimit, type Limits } from '../model/limits.ts';
import type { NicResult } from '../model/result.ts';

/** What the terminal says of a NIC, without colour. Everything that comes from a host is made printable here. */

const VERB: Readonly<Record<Direction, string>> = { inbound: 'receives', outbound: 'sends' };

/** `web-01 nic 1`, the way that design and docs name a NIC. */
export function nicName(nic: NicResult): string {
  return `${printable(nic.domain.name)} nic ${nic.nic.index ?? printable(nic.nic.mac)}`;
}

/** `52:54:00:02:01:01, bridge br0, vnet3`. */
export function nicDetail({ nic }: NicResult): string {
  return printable([nic.mac, `${nic.type} ${nic.source}`.trim(), nic.target].filter(Boolean).join(', '));
}

/** A limit in human units: `100 Mbit/s, peak 200 Mbit/s, burst 64 MiB`, or `unlimited`. */
export function limitText(limit: DirectionLimit): string {
  if (limit === null) return 'unlimited';
  const { average, peak, burst, floor } = limit;
  return [
    average > 0 ? formatRate(average) : 'no average',
    peak > 0 ? `peak ${formatRate(peak)}` : '',
    burst > 0 ? `burst ${formatSize(burst)}` : '',
    floor > 0 ? `floor ${formatRate(floor)}` : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** `receives at most 100 Mbit/s`, or `receives without limit`. */
export function limitSentence(direction: Direction, limit: DirectionLimit): string {
  if (limit === null) return `${VERB[direction]} without limit`;
  if (limit.average === 0) return `${VERB[direction]} at least ${formatRate(limit.floor)}`;
  const { peak, burst, average } = limit;
  const more = limitText({
    ...limit,
    peak: peak === average ? 0 : peak,
    burst: peak === average && burst === average ? 0 : burst,
  });
  return `${VERB[direction]} at most ${more}`;
}

/** One line for a NIC that changes: what each direction is to be, and what it was. */
export function changeSentence(nic: NicResult): string {
  const parts = DIRECTIONS.flatMap((direction) => {
    const want = nic.desired[direction];
    if (want === undefined) return [];
    const had = sides(nic, direction);
    if (had.every(([, limit]) => same(limit, want))) return [];
    return [`${limitSentence(direction, want)} (${wasText(had, want)})`];
  });
  if (parts.length > 0 || nic.commands.length === 0) return parts.join(', ');
  // Only with --rewrite.
  const again = DIRECTIONS.flatMap((direction) => {
    const want = nic.desired[direction];
    return want === undefined ? [] : [limitSentence(direction, want)];
  });
  return `set again: ${again.join(', ')}`;
}

type SideLimit = readonly [side: 'live' | 'persistent', limit: DirectionLimit];

function sides(nic: NicResult, direction: Direction): SideLimit[] {
  const read = (side: SideLimit[0], limits: Limits | null): SideLimit[] =>
    limits === null ? [] : [[side, limits[direction]]];
  return [...read('live', nic.before.live), ...read('persistent', nic.before.config)];
}

function wasText(had: readonly SideLimit[], want: DirectionLimit): string {
  const [first, second] = had;
  if (first !== undefined && (second === undefined || same(first[1], second[1])))
    return `was ${limitText(first[1])}`;
  return had
    .map(([side, limit]) => `${side} ${same(limit, want) ? 'is right' : `was ${limitText(limit)}`}`)
    .join(', ');
}

function same(a: DirectionLimit, b: DirectionLimit): boolean {
  return a === null || b === null ? a === b : renderRate(a) === renderRate(b);
}

/**
 * The whole difference of a NIC with libvirt's own integers: for each direction a line for what is right and a pair
 * for what differs, the two states together where they agree.
 */
export function diffLines(nic: NicResult): string[] {
  return DIRECTIONS.flatMap((direction) => {
    const want = nic.desired[direction];
    if (want === undefined) return [];
    return states(nic, direction).flatMap(([where, had]) => {
      const label = `${direction.padEnd(8)} ${where.padEnd(15)}`;
      if (same(had, want)) return [`  ${label} ${integers(had)}`];
      return [`- ${label} ${integers(had)}`, `+ ${label} ${integers(want)}`];
    });
  });
}

function states(nic: NicResult, direction: Direction): (readonly [where: string, limit: DirectionLimit])[] {
  const [first, second] = sides(nic, direction);
  if (first === undefined) return [];
  if (second === undefined) return [first];
  return same(first[1], second[1]) ? [['live+persistent', first[1]]] : [first, second];
}

function integers(limit: DirectionLimit): string {
  return limit === null ? 'unlimited' : `${renderRate(limit)} (${limitText(limit)})`;
}

/** `rule "web tier" (inventory/group_vars/compute.yml:4)` for each rule that decided. */
export function ruleText(nic: NicResult): string {
  return nic.rules
    .map((r) => printable(`rule "${r.name}"${r.file ? ` (${r.file}:${r.line})` : ''}`))
    .join(', then ');
}
