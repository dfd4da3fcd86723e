import { it } from 'vitest';

export const LONG = process.env.VIRTUNE_LONG === '1';

/** A test of the second suite: on a processor that is emulated each takes half a minute. */
export function inLong(name: string, test: () => Promise<void>): void {
  if (LONG) it(name, test);
}
