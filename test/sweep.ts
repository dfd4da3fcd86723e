/** Set by the project `thorough` of vitest.config.ts: `all`, or `drawn`, a share by a new seed each time. */
const SWEEPS = process.env.VIRTUNE_SWEEPS;
const THOROUGH = SWEEPS === 'all';

/** Of a sweep one run in so many is left after every change; in the unit tests always the same ones. */
const SHARE = 10;

export interface Sweep {
  readonly numRuns: number;
  readonly seed?: number;
}

/**
 * How often a property is tried, for fast-check: as often as said in `npm run test:long`, and otherwise a share of it, in
 * the unit tests by a fixed seed. Files that call this belong to both.
 * @param share one run in so many is left, where a run takes long
 */
export function sweep(numRuns: number, share = SHARE): Sweep {
  if (THOROUGH) return { numRuns };
  const part = Math.ceil(numRuns / share);
  return SWEEPS === 'drawn' ? { numRuns: part } : { numRuns: part, seed: 20_261_125 };
}

/** All of a list in `npm run test:long`, and otherwise one in ten, from the one that a seed says on. */
export function sweptOf<T>(list: readonly T[], seed: number): readonly T[] {
  return THOROUGH ? list : list.filter((_, index) => (index + seed) % SHARE === 0);
}

/** How large something is made: at its full size in `npm run test:long`, smaller where the same holds, in the unit tests. */
export function full(size: number, smaller: number): number {
  return THOROUGH ? size : smaller;
}
