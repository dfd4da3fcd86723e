import { LONG } from '../long.ts';

/** Set by CI, a number: what of the long suite is played this time. Without it, and in that suite, all is. */
const DRAW = LONG ? undefined : process.env.VIRTUNE_DRAW;

/** So many of a list by VIRTUNE_DRAW: over as many numbers in a row as the list has members, each is drawn as often. */
export function drawn<T>(all: readonly T[], count: number): readonly T[] {
  if (DRAW === undefined) return all;
  const from = Number(DRAW) % all.length;
  return [...all.slice(from), ...all.slice(0, from)].slice(0, count);
}

/** A smaller size where VIRTUNE_DRAW is set. */
export const drawnSize = (all: number, fewer: number): number => (DRAW === undefined ? all : fewer);

/** Declares so many of these groups of tests, none of which needs another one. */
export function declareDrawn(count: number, groups: readonly (() => void)[]): void {
  for (const declare of drawn(groups, count)) declare();
}
