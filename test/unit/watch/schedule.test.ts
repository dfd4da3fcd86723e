import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  againDelay,
  type Due,
  dueAt,
  GAP_MS,
  LONGEST_MS,
  marked,
  nextLook,
  PACES,
  type Pace,
  QUIET_MS,
  reconnectDelay,
  type Trigger,
} from '../../../src/watch/schedule.ts';

const NEVER = Number.NEGATIVE_INFINITY;
const events = (...times: readonly number[]): Due =>
  times.reduce<Due | null>((due, at) => marked(due, 'event', at), null) as Due;

describe('a look', () => {
  it.each<[what: string, due: Due, lastLookAt: number, at: number]>([
    ['comes when it has been quiet for a moment', events(1000), NEVER, 1050],
    ['waits for what follows', events(1000, 1030), NEVER, 1080],
    ['does not wait for ever', events(1000, 1040, 1080, 1200, 1290), NEVER, 1300],
    ['keeps its distance to the one before', events(1000), 950, 1150],
    ['comes at once where nobody has heard anything', marked(null, 'start', 1000), NEVER, 1000],
    ['and after a reload too', marked(null, 'reload', 1000), 100, 1000],
  ])('%s', (_, due, lastLookAt, at) => expect(dueAt(due, lastLookAt)).toBe(at));

  it('never comes before the first event or later than its longest wait, whatever is heard', () => {
    const times = fc.array(fc.integer({ min: 0, max: 10_000 }), { minLength: 1 });
    fc.assert(
      fc.property(times, fc.integer({ min: -1000, max: 0 }), (unsorted, lastLookAt) => {
        const sorted = unsorted.toSorted((a, b) => a - b);
        const at = dueAt(events(...sorted), lastLookAt);
        const first = sorted[0] as number;
        expect(at).toBeGreaterThanOrEqual(Math.max(first + QUIET_MS, lastLookAt + GAP_MS) - 0);
        expect(at).toBeLessThanOrEqual(Math.max(first + LONGEST_MS, lastLookAt + GAP_MS));
      }),
    );
  });
});

it('what is due knows all of its reasons once, and the last event', () => {
  const triggers: readonly Trigger[] = ['start', 'event', 'touched', 'event'];
  const due = triggers.reduce<Due | null>(
    (before, trigger, at) =>
      marked(before, trigger, at, trigger === 'event' ? { word: `${at}`, name: 'a' } : undefined),
    null,
  );
  expect(due).toEqual({
    firstAt: 0,
    lastAt: 3,
    triggers: ['start', 'event', 'touched'],
    event: { word: '3', name: 'a' },
  });
});

it('a hypervisor that is lost is tried again ever later, and not all of them at once', () => {
  const steps = [1, 2, 3, 8, 9, 100].map((failed) => [reconnectDelay(failed, 0), reconnectDelay(failed, 1)]);
  expect(steps).toEqual([
    [100, 200],
    [200, 400],
    [400, 800],
    [12_800, 25_600],
    [15_000, 30_000],
    [15_000, 30_000],
  ]);
});

it('a login that was refused is not tried so often that the account is locked or its machine banned', () => {
  const within = (ms: number, pace: Pace): number => {
    let [tries, at] = [1, 0];
    // The shortest waits that chance gives.
    for (;;) {
      at += reconnectDelay(tries, 0, pace);
      if (at > ms) return tries;
      tries++;
    }
  };
  expect(within(10 * 60_000, PACES.refused)).toBeLessThan(5);
  expect(within(15 * 60_000, PACES.refusedPassword)).toBeLessThan(3);
});

it('what is busy is looked at again, ever later', () => {
  expect([1, 2, 3, 4, 5, 50].map(againDelay)).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
});

it.each([
  [{}, 'interval', 60_000],
  [{ again: 1 }, 'again', 5_000],
  [{ restarted: true }, 'interval', 15_000],
  [{ changesInMs: 2_000 }, 'window', 2_001],
  [{ changesInMs: 90_000 }, 'interval', 60_000],
  [{ changesInMs: 2_000, again: 1, restarted: true }, 'window', 2_001],
])('after a look with %j it looks again for %s, in %d ms', (over, trigger, afterMs) => {
  const looked = { again: 0, restarted: false, intervalMs: 60_000, changesInMs: null, ...over };
  expect(nextLook(looked)).toEqual({ trigger, afterMs });
});
