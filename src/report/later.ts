import { groupBy } from '../base/group.ts';
import { plural, printable } from '../base/text.ts';
import { momentText, zoneOf } from '../base/time/zone.ts';
import type { Change } from '../model/change.ts';
import type { RunResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Paint } from './style.ts';

/** So many times are told; a report has all of them. */
const TOLD = 5;

/** A check by another time than that of the clock says so. */
export function atLines({ at }: Pick<RunResult, 'at'>, paint: Paint): string[] {
  if (at === undefined) return [];
  return [
    paint('yellow', `as it would be at ${momentText(Date.parse(at), zoneOf('UTC'))} (--at), and not now`),
  ];
}

/** What changes later, of itself, soonest first: `later: 3 NICs, until 2026-12-01 06:00 Europe/Berlin, then …`. */
export function laterLines({ hosts }: Pick<RunResult, 'hosts'>, paint: Paint): string[] {
  const timed = hosts.flatMap(({ resources }) =>
    resources.flatMap((change) => (change.next === undefined ? [] : [{ change, next: change.next }])),
  );
  const groups = [
    ...groupBy(timed, ({ change: { module }, next: { at, text } }) => `${at}\0${module}\0${text}`),
  ].sort(([a], [b]) => (a < b ? -1 : 1));
  const lines = groups
    .slice(0, TOLD)
    .map(([, [first, ...rest]]) => `later: ${countText(first.change, rest.length + 1)}, ${first.next.text}`);
  const more = groups.length - TOLD;
  const rest = more > 0 ? [`later: ${more} more times, all of them in --report json`] : [];
  return [...lines, ...rest].map((line) => paint('cyan', printable(line)));
}

function countText({ module, subject }: Change, count: number): string {
  const { one, many } = moduleNamed(module).words;
  return subject.label === '' ? plural(count, 'VM') : plural(count, one, many);
}
