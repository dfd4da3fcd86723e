import { printable } from '../base/text.ts';
import { formatRate, formatSize } from '../base/units.ts';
import { renderRate } from '../libvirt/domiftune.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../model/limits.ts';
import { desiredIn, type NicResult } from '../model/result.ts';

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

/** One line for a NIC that changes: what each direction is to be in which state, and what it was. */
export function changeSentence(nic: NicResult): string {
  const parts = DIRECTIONS.flatMap((direction) => {
    const states = statesOf(nic, direction);
    const differing = states.filter(({ had, want }) => !same(had, want));
    const [first, second] = states;
    if (first === undefined || differing.length === 0) return [];
    if (second !== undefined && !same(first.want, second.want))
      return differing.map(
        ({ state, had, want }) => `${state} ${limitSentence(direction, want)} (was ${limitText(had)})`,
      );
    // Where the rules leave the other state alone, it must be plain which one is meant.
    const only = states.length === 1 && nic.before.live !== null && nic.before.config !== null;
    const sentence = `${limitSentence(direction, first.want)} (${wasText(states, first.want)})`;
    return [only ? `${first.state} ${sentence}` : sentence];
  });
  if (parts.length > 0 || nic.commands.length === 0) return parts.join(', ');
  // Only with --rewrite.
  const again = DIRECTIONS.flatMap((direction) => {
    const want = desiredIn(nic, 'live')[direction];
    return want === undefined ? [] : [limitSentence(direction, want)];
  });
  return `set again: ${again.join(', ')}`;
}

/** One direction of a NIC in one of its states, of which something is wanted. */
interface State {
  readonly state: 'live' | 'persistent';
  readonly had: DirectionLimit;
  readonly want: DirectionLimit;
}

function statesOf(nic: NicResult, direction: Direction): State[] {
  return (['live', 'config'] as const).flatMap((side) => {
    const had = nic.before[side];
    const want = desiredIn(nic, side)[direction];
    const state = side === 'live' ? 'live' : 'persistent';
    return had === null || want === undefined ? [] : [{ state, had: had[direction], want }];
  });
}

function wasText(states: readonly State[], want: DirectionLimit): string {
  const [first, second] = states;
  if (first !== undefined && (second === undefined || same(first.had, second.had)))
    return `was ${limitText(first.had)}`;
  return states
    .map(({ state, had }) => `${state} ${same(had, want) ? 'is right' : `was ${limitText(had)}`}`)
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
  return DIRECTIONS.flatMap((direction) =>
    together(statesOf(nic, direction)).flatMap(([where, had, want]) => {
      const label = `${direction.padEnd(8)} ${where.padEnd(15)}`;
      if (same(had, want)) return [`  ${label} ${integers(had)}`];
      return [`- ${label} ${integers(had)}`, `+ ${label} ${integers(want)}`];
    }),
  );
}

type Line = readonly [where: string, had: DirectionLimit, want: DirectionLimit];

function together(states: readonly State[]): readonly Line[] {
  const [first, second] = states;
  const alike = first && second && same(first.had, second.had) && same(first.want, second.want);
  if (alike) return [['live+persistent', first.had, first.want]];
  return states.map(({ state, had, want }) => [state, had, want]);
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
