/** The middle value; of an even count the mean of the two in the middle. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low = Number.NaN, high = low] = sorted.slice(
    sorted.length % 2 === 1 ? middle : middle - 1,
    middle + 1,
  );
  return (low + high) / 2;
}

/** What a pair of alternating measurements says: the ratio is taken within each pair, so that drift cancels out. */
export interface Pairs {
  readonly a: number;
  readonly b: number;
  readonly ratio: number;
  readonly low: number;
  readonly high: number;
}

/** Medians of A, of B and of A/B, with the smallest and the largest ratio. */
export function pairs(a: readonly number[], b: readonly number[]): Pairs {
  const ratios = a.map((value, index) => value / (b[index] as number));
  return {
    a: median(a),
    b: median(b),
    ratio: median(ratios),
    low: Math.min(...ratios),
    high: Math.max(...ratios),
  };
}
