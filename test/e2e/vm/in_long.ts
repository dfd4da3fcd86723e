import { it } from 'vitest';
import { LONG } from '../../long.ts';

/** A test of the second suite: on a processor that is emulated each takes half a minute. */
export function inLong(name: string, test: () => Promise<void>): void {
  if (LONG) it(name, test);
}
