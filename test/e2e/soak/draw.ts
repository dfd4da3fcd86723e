import { between, seededRandom } from '../faults/random.ts';

/** Everything that is drawn at random, from one seed. */
export interface Draw {
  readonly random: () => number;
  /** A whole number, both ends included. */
  readonly int: (low: number, high: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(choices: readonly T[]) => T;
  /** Some of these, at least one, in their order. */
  readonly some: <T>(choices: readonly T[], most?: number) => T[];
}

export function drawFrom(seed: string): Draw {
  const random = seededRandom(seed);
  const int = (low: number, high: number) => between(random, low, high);
  const pick = <T>(choices: readonly T[]): T => {
    if (choices.length === 0) throw new Error('nothing to choose from');
    return choices[int(0, choices.length - 1)] as T;
  };
  const some = <T>(choices: readonly T[], most = choices.length): T[] => {
    const count = int(1, Math.min(most, choices.length));
    const indexes = new Set<number>();
    while (indexes.size < count) indexes.add(int(0, choices.length - 1));
    return choices.filter((_, index) => indexes.has(index));
  };
  return { random, int, chance: (share) => random() < share, pick, some };
}
