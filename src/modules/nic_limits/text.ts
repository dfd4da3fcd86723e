import { printable } from '../../base/text.ts';
import { formatRate, formatSize } from '../../base/units.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../facts/bandwidth.ts';
import { beforeOf, type Change, desiredOf, SIDES, type Side, type Values } from '../../model/change.ts';
import type { ModuleText, SettingText } from '../module.ts';
import { renderRate } from './domiftune.ts';
import { toLimits } from './settings.ts';

/** What people read of a NIC. */
export const nicText: ModuleText = {
  // `52:54:00:02:01:01, bridge br0, vnet3`
  detail: ({ mac, type, source, target }) =>
    printable([mac, `${type} ${source}`.trim(), target].filter(Boolean).join(', ')),
  sentence: changeSentence,
  diff: diffLines,
  columns: ['receives', 'sends'],
  cells: (values) => DIRECTIONS.map((direction) => limitText(toLimits(values)[direction] ?? null)),
  values: sentences,
};

const VERB: Readonly<Record<Direction, string>> = { inbound: 'receives', outbound: 'sends' };

/** A limit in human units: `100 Mbit/s, peak 200 Mbit/s, burst 64 MiB`, or `unlimited`. */
function limitText(limit: DirectionLimit): string {
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
function limitSentence(direction: Direction, limit: DirectionLimit): string {
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

function sentences(values: Values): SettingText[] {
  const limits = toLimits(values);
  return DIRECTIONS.flatMap((direction) => {
    const limit = limits[direction];
    if (limit === undefined) return [];
    const words = `--${direction} ${renderRate(limit)}`;
    return [{ name: direction, text: limitSentence(direction, limit), short: limitText(limit), words }];
  });
}

/** One direction in one of the states, of which something is wanted. */
interface State {
  readonly side: Side;
  readonly had: DirectionLimit;
  readonly want: DirectionLimit;
}

function statesOf(change: Change, direction: Direction): readonly State[] {
  return SIDES.flatMap((side) => {
    const before = beforeOf(change, side);
    const want = toLimits(desiredOf(change, side))[direction];
    if (before === null || want === undefined) return [];
    return [{ side, had: toLimits(before)[direction] ?? null, want }];
  });
}

const SIDE_NAME: Readonly<Record<Side, string>> = { live: 'live', config: 'persistent' };

/** What each direction is to be in which state, and what it was. */
function changeSentence(change: Change): string {
  const both = SIDES.every((side) => beforeOf(change, side) !== null);
  const parts = DIRECTIONS.flatMap((direction) => {
    const states = statesOf(change, direction);
    const differing = states.filter(({ had, want }) => !same(had, want));
    const [first, second] = states;
    if (first === undefined || differing.length === 0) return [];
    if (second !== undefined && !same(first.want, second.want))
      return differing.map(
        ({ side, had, want }) =>
          `${SIDE_NAME[side]} ${limitSentence(direction, want)} (was ${limitText(had)})`,
      );
    // Where the rules leave the other state alone, it must be plain which one is meant.
    const only = states.length === 1 && both;
    const sentence = `${limitSentence(direction, first.want)} (${wasText(states)})`;
    return [only ? `${SIDE_NAME[first.side]} ${sentence}` : sentence];
  });
  if (parts.length > 0 || change.steps.length === 0) return parts.join(', ');
  // Only where it was asked to be set anew.
  return `set again: ${sentences(desiredOf(change, 'live'))
    .map(({ text }) => text)
    .join(', ')}`;
}

function wasText(states: readonly State[]): string {
  const [first, second] = states;
  if (first !== undefined && (second === undefined || same(first.had, second.had)))
    return `was ${limitText(first.had)}`;
  return states
    .map(
      ({ side, had, want }) => `${SIDE_NAME[side]} ${same(had, want) ? 'is right' : `was ${limitText(had)}`}`,
    )
    .join(', ');
}

function same(a: DirectionLimit, b: DirectionLimit): boolean {
  return a === null || b === null ? a === b : renderRate(a) === renderRate(b);
}

/**
 * The whole difference with libvirt's own integers: for each direction a line for what is right and a pair for what
 * differs, the two states together where they agree.
 */
function diffLines(change: Change): string[] {
  return DIRECTIONS.flatMap((direction) =>
    together(statesOf(change, direction)).flatMap(([where, { had, want }]) => {
      const label = `${direction.padEnd(8)} ${where.padEnd(15)}`;
      if (same(had, want)) return [`  ${label} ${integers(had)}`];
      return [`- ${label} ${integers(had)}`, `+ ${label} ${integers(want)}`];
    }),
  );
}

function together(states: readonly State[]): readonly (readonly [where: string, state: State])[] {
  const [first, second] = states;
  const alike = first && second && same(first.had, second.had) && same(first.want, second.want);
  if (alike) return [['live+persistent', first]];
  return states.map((state) => [SIDE_NAME[state.side], state]);
}

function integers(limit: DirectionLimit): string {
  return limit === null ? 'unlimited' : `${renderRate(limit)} (${limitText(limit)})`;
}
