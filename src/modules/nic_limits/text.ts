import { printable } from '../../base/text.ts';
import { formatRate, formatSize } from '../../base/units.ts';
import { DIRECTIONS, type Direction, type DirectionLimit } from '../../facts/bandwidth.ts';
import type { Change, Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { groupText } from '../shared/group_text.ts';
import type { GroupWords } from '../shared/group_words.ts';
import { renderRate } from './domiftune.ts';
import { isByPort, PORT_GROUPS } from './port/text.ts';
import { LIBVIRT_SETTINGS, toLimits } from './settings.ts';

const VERB: Readonly<Record<Direction, string>> = { inbound: 'receives', outbound: 'sends' };

const OF_LIBVIRT = DIRECTIONS.map(wordsOf);

const ALL: Pick<ModuleText, 'detail' | 'columns'> = {
  // `52:54:00:02:01:01, bridge br0, vnet3`
  detail: ({ mac, type, source, target }) =>
    printable([mac, `${type} ${source}`.trim(), target].filter(Boolean).join(', ')),
  columns: ['receives', 'sends'],
};

const byLibvirt = groupText(OF_LIBVIRT, { ...ALL, alike: 'both ways' });
const byNeutron = groupText([...PORT_GROUPS, ...OF_LIBVIRT], ALL);
const textOf = (change: Change): ModuleText => (isByPort(change) ? byNeutron : byLibvirt);

/** What people read of a NIC. Tables show what libvirt has. */
export const nicText: ModuleText = {
  ...byLibvirt,
  values: byNeutron.values,
  sentence: (change) => textOf(change).sentence(change),
  effect: (change) => textOf(change).effect(change),
  target: (change) => textOf(change).target(change),
  diff: (change) => textOf(change).diff(change),
};

function wordsOf(direction: Direction): GroupWords {
  const limitOf = (values: Values) => toLimits(values)[direction] ?? null;
  return {
    name: direction,
    settings: LIBVIRT_SETTINGS.map(({ name }) => name).filter((name) => name.startsWith(`${direction}.`)),
    title: VERB[direction],
    sentence: (values) => limitSentence(direction, limitOf(values)),
    short: (values) => limitText(limitOf(values)),
    brief: (values) => briefText(limitOf(values)),
    numbers: (values) => integers(limitOf(values)),
    words: (values) => `--${direction} ${renderRate(limitOf(values))}`,
  };
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

/**
 * The same without what is usual: a peak that is the average, and as burst what passes in a second, which is libvirt's
 * own default. `1 Gbit/s (peak 2 Gbit/s)`
 */
function briefText(limit: DirectionLimit): string {
  if (limit === null) return 'unlimited';
  const { average, peak, burst, floor } = limit;
  const whole = limitText({
    average,
    peak: peak === average ? 0 : peak,
    burst: burst === average ? 0 : burst,
    floor,
  });
  const comma = whole.indexOf(', ');
  return comma < 0 ? whole : `${whole.slice(0, comma)} (${whole.slice(comma + 2)})`;
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

function integers(limit: DirectionLimit): string {
  return limit === null ? 'unlimited' : `${renderRate(limit)} (${limitText(limit)})`;
}
