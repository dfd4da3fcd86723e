import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  againDelay,
  DEFINED_MS,
  type Due,
  dueAt,
  GAP_MS,
  LONGEST_MS,
  LONGEST_TRACES_MS,
  marked,
  markedFew,
  nextLook,
  PACES,
  type Pace,
  QUIET_MS,
  REST_MS,
  reconnectDelay,
  TRACES_MS,
  type Trigger,
  together,
} from '../../../src/watch/schedule.ts';

const word = (event: string) => ({ word: event, name: 'a' });
const defined = (at: number): Due => marked(null, 'event', at, word('Defined Added'));

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
    ['waits for the start of what was defined', defined(1000), NEVER, 1000 + DEFINED_MS],
    [
      'comes as soon as that has started',
      marked(defined(1000), 'event', 1400, word('Started Booted')),
      NEVER,
      1450,
    ],
    ['waits for the event of what has left traces', marked(null, 'touched', 1000), NEVER, 1000 + TRACES_MS],
    ['also of what was defined', marked(defined(1000), 'queues', 1400), NEVER, 1000 + DEFINED_MS],
    [
      'and not for ever',
      [1400, 1800, 2600, 2900].reduce((due, at) => marked(due, 'touched', at), marked(null, 'queues', 1000)),
      NEVER,
      1000 + LONGEST_TRACES_MS,
    ],
    ['comes in a moment where its time has come', marked(defined(1000), 'window', 1100), NEVER, 1150],
    [
      'is put off by no definition beside what is pressing',
      marked(events(1000), 'event', 1040, word('Defined Added')),
      NEVER,
      1050,
    ],
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

describe('what is due for VMs that were heard of', () => {
  const heard = (at: number, name: string, before: Due | null = null, word = 'Started Booted') =>
    markedFew(before, at, { word, name });

  it('comes nearly at once, for each of them once', () => {
    const due = ['a', 'b', 'a'].reduce<Due | null>((before, name) => heard(1000, name, before), null);
    expect(due?.only).toEqual(['a', 'b']);
    expect(dueAt(due as Due, NEVER)).toBe(1010);
    expect(dueAt(due as Due, 950)).toBe(950 + GAP_MS);
  });

  it('waits for the start of what was only defined', () => {
    const due = heard(1000, 'a', null, 'Defined Added');
    expect(dueAt(due as Due, NEVER)).toBe(1000 + DEFINED_MS);
    expect(dueAt(heard(1400, 'b', due) as Due, NEVER)).toBe(1410);
  });

  it('is for all of the hypervisor once they are many', () => {
    const names = Array.from({ length: 21 }, (_, index) => `vm-${index}`);
    const twenty = names.slice(1).reduce<Due | null>((before, name) => heard(1000, name, before), null);
    expect(twenty?.only).toHaveLength(20);
    expect(heard(1000, 'vm-0', twenty)).toBeNull();
  });

  it('is a part of a look at all of it, which knows all reasons', () => {
    const few = heard(1200, 'a');
    const all = together(marked(null, 'touched', 1000), few);
    expect(all).toMatchObject({ firstAt: 1000, triggers: ['touched', 'event'], event: { name: 'a' } });
    expect(all?.only).toBeUndefined();
    expect(together(null, few)).toBe(few);
  });
});

it('what was left out of a look comes by itself, and holds up nothing else', () => {
  const rest = marked(null, 'rest', 1000);
  expect(dueAt(rest, NEVER)).toBe(1000 + REST_MS);
  expect(dueAt(marked(rest, 'rest', 3000), NEVER)).toBe(1000 + REST_MS);
  const touched = marked(rest, 'touched', 1100);
  expect(dueAt(touched, NEVER)).toBe(1100 + TRACES_MS);
  expect(touched.triggers).toEqual(['rest', 'touched']);
  expect(dueAt(marked(touched, 'rest', 1200), NEVER)).toBe(1100 + TRACES_MS);
  expect(dueAt(marked(marked(null, 'event', 1000), 'rest', 1010), NEVER)).toBe(1000 + QUIET_MS);
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
