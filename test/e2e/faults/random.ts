import { createHash } from 'node:crypto';

/** Numbers in [0, 1), for ever the same ones for the same key, whatever else draws numbers meanwhile. */
export function seededRandom(key: string): () => number {
  let count = 0;
  return () => createHash('sha256').update(`${key}/${count++}`).digest().readUInt32BE(0) / 2 ** 32;
}

/** A whole number from `low` to `high`, both included. */
export function between(random: () => number, low: number, high: number): number {
  return low + Math.floor(random() * (high - low + 1));
}

/** One of these, as likely as its weight says. */
export function weighted<T>(random: () => number, choices: readonly (readonly [weight: number, T])[]): T {
  let left = random() * choices.reduce((sum, [weight]) => sum + weight, 0);
  for (const [weight, value] of choices) {
    left -= weight;
    if (left < 0) return value;
  }
  throw new Error('nothing to choose from');
}
