import pLimit from 'p-limit';
import { forgetBy, pause } from './wait.ts';

/** Runs a piece of work when its turn has come. */
export type Turn = <T>(work: () => Promise<T>) => Promise<T>;

/** What takes longer waits for its host, and not for this machine. */
export const SLOW_MS = 2_000;

/**
 * So many places for pieces of work, in the order of the calls. What is slow goes on, but gives its place to the next:
 * sick hosts, however many, keep no other from its turn.
 */
export function places(atOnce: number, slowMs = SLOW_MS): Turn {
  const limit = pLimit(atOnce);
  return <T>(work: () => Promise<T>) =>
    new Promise<T>((resolve, reject) => {
      void limit(async () => {
        const slow = new AbortController();
        const done = (async () => work())().then(resolve, reject);
        await Promise.race([done, pause(slowMs, slow.signal)]);
        forgetBy(slow);
      });
    });
}
