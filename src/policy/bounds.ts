import { beforeOf, type Change, desiredOf, SIDES } from '../model/change.ts';
import type { Measure } from '../modules/measure.ts';

/** What a measure may be, and how much it may change at once. */
export interface Bound {
  readonly measure: Measure;
  readonly lowest?: number;
  readonly highest?: number;
  /** So many times as much, or as little, at most. */
  readonly up?: number;
  readonly down?: number;
  /** No limit passes for more than any `highest`, and beyond every factor, where it is not allowed. */
  readonly unlimited: boolean;
}

/** What a change asks for beyond these bounds, a text each. */
export function beyond(bounds: readonly Bound[], change: Change): readonly string[] {
  const found = SIDES.flatMap((side) => {
    const before = beforeOf(change, side);
    if (before === null) return [];
    const desired = desiredOf(change, side);
    return bounds.flatMap((bound) => {
      const asked = bound.measure.of(desired);
      return asked === undefined ? [] : beyondOne(bound, asked, bound.measure.of(before));
    });
  });
  return [...new Set(found)];
}

function beyondOne(bound: Bound, asked: number | null, had: number | null | undefined): readonly string[] {
  const { measure, lowest, highest, unlimited } = bound;
  const text = (value: number | null): string => (value === null ? 'unlimited' : measure.format(value));
  const found: string[] = [];
  if (highest !== undefined && (asked === null ? !unlimited : asked > highest))
    found.push(`${measure.name} ${text(asked)} is above the highest, ${text(highest)}`);
  if (lowest !== undefined && asked !== null && asked < lowest)
    found.push(`${measure.name} ${text(asked)} is below the lowest, ${text(lowest)}`);
  const times = had === undefined ? undefined : timesBeyond(bound, asked, had);
  if (times !== undefined)
    found.push(`${measure.name} ${text(had ?? null)} → ${text(asked)} is more than ${times} at once`);
  return found;
}

function timesBeyond(
  { up, down, unlimited }: Bound,
  asked: number | null,
  had: number | null,
): string | undefined {
  if (asked === had) return undefined;
  const grows = asked === null || (had !== null && asked > had);
  const most = grows ? up : down;
  if (most === undefined) return undefined;
  if (asked === null || had === null) return unlimited ? undefined : said(most, grows);
  const [more, less] = grows ? [asked, had] : [had, asked];
  return more > less * most ? said(most, grows) : undefined;
}

function said(most: number, grows: boolean): string {
  return grows ? `${most} times as much` : `${most} times less`;
}
