/** Set by the project `thorough` of vitest.config.ts. */
const THOROUGH = process.env.VIRTUNE_SWEEPS === 'all';

/** Of a sweep one run in so many is left after every change, always the same ones. */
const SHARE = 10;

export interface Sweep {
  readonly numRuns: number;
  readonly seed?: number;
}

/**
 * How often a property is tried, for fast-check: as often as said in `thorough`, and in the unit tests a share of it by
 * a fixed seed. Files that call this belong to both.
 * @param share one run in so many is left, where a run takes long
 */
export function sweep(numRuns: number, share = SHARE): Sweep {
  return THOROUGH ? { numRuns } : { numRuns: Math.ceil(numRuns / share), seed: 20_261_125 };
}

/** How large something is made: at its full size in `thorough`, smaller where the same holds, in the unit tests. */
export function full(size: number, smaller: number): number {
  return THOROUGH ? size : smaller;
}
