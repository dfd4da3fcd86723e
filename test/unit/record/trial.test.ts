import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { hasWrittenNothing } from '../../../src/record/read.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { confirmedOf, lastOnTrial, onTrial, writtenSince } from '../../../src/record/trial.ts';
import { change, done, head, recorded, stateDir } from './build.ts';

/** What a record tells of runs that wait for a confirm. */

const other = (from: number, to: number) =>
  change(from, to, { subject: { kind: 'nic', key: '52:54:00:00:00:02', label: 'nic 2' } });
const until = '2026-11-26T01:00:00.000Z';

describe('what is on trial', () => {
  it('is what was begun, without what was left, whichever play it is of', async () => {
    const state = stateDir();
    const record = await openRecord(state, head(1));
    await record.arm({ watchdog: 'a', until, changes: [change(1, 5), other(1, 5)] });
    await record.disarm('a', 'idle', [other(1, 5)]);
    await record.arm({ watchdog: 'b', until, changes: [change(1, 5, { host: 'hv2' })] });
    await record.disarm('b', 'idle');
    // The same subject in a later play, which left it: the former one holds.
    await record.arm({ watchdog: 'a', until, changes: [change(5, 9)] });
    await record.disarm('a', 'idle', [change(5, 9)]);
    await record.close();
    const left = await onTrial(state, head(1).run);
    expect(left.map(({ change: { host, settings } }) => [host, settings[0]?.live])).toEqual([['hv1', 1]]);
  });

  it('is looked for in the newest run that has not called off all of it itself', async () => {
    const state = stateDir();
    await expect(lastOnTrial(state)).rejects.toThrow('waits for a confirm');
    const arm = async (second: number, ...how: readonly ('armed' | 'idle' | 'part')[]) => {
      const record = await openRecord(state, head(second));
      for (const one of how)
        if (one === 'armed') await record.arm({ watchdog: `w${second}`, until, changes: [change(1, 5)] });
        else if (one === 'idle') await record.disarm(`w${second}`, 'idle');
        else await record.disarm(`w${second}`, 'idle', [change(1, 5)]);
      await record.close();
    };
    await arm(1, 'armed', 'idle');
    await expect(lastOnTrial(state)).rejects.toThrow('waits for a confirm');
    await arm(2, 'armed');
    await arm(3, 'armed', 'idle');
    await recorded(state, head(4), [change(1, 5)]);
    expect(await lastOnTrial(state)).toBe(head(2).run);
    // All that it began it left, though nobody knows what became of its watchdog.
    await arm(5, 'armed', 'part');
    expect(await lastOnTrial(state)).toBe(head(2).run);
    await arm(6, 'armed', 'idle', 'armed');
    expect(await lastOnTrial(state)).toBe(head(6).run);
  });
});

describe('what a confirm may find', () => {
  const mayOf = (live: number | null | undefined) => {
    const set = { live: 5, config: 5 };
    const one = change(1, 5, {
      settings: [{ name: 'a', unit: '', desired: set, config: 3, ...(live === undefined ? {} : { live }) }],
    });
    const made = [{ change: one, isKnown: true, at: '', line: 1 }];
    return confirmedOf(made, 'f', 'n')[0]?.given[0]?.expected;
  };

  it.each([
    ['what runs had', 1, [1, 5]],
    ['no limit, which what runs had, whatever the configuration has', null, [null, 5]],
    ['of a VM that did not run what its configuration gave it', undefined, [3, 5]],
  ])('is %s, or what the run has set', (_what, live, may) => {
    expect(mayOf(live)).toEqual({ live: { a: may }, config: { a: [3, 5] } });
  });
});

describe('what others have written since', () => {
  /** What a confirm may find of what runs, where another run sets the NIC from 5 to a value. */
  const mayAfter = async (to: number, when: 'before' | 'after', cut?: 'before the result') => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const state = stateDir();
    const trial = await openRecord(state, head(1));
    const later = async () => void (await recorded(state, head(2), [change(5, to)], cut));
    if (when === 'before') await later();
    vi.setSystemTime(Date.now() + 1000);
    await trial.arm({ watchdog: 'a', until, changes: [change(1, 5)] });
    vi.setSystemTime(Date.now() + 1000);
    if (when === 'after') await later();
    await trial.close();
    const all = await onTrial(state, head(1).run);
    const [of] = confirmedOf(all, 'f', 'n', await writtenSince(state, head(1).run, all));
    return of?.given[0]?.expected.live;
  };

  it('is not what is to be kept, also where it is what was before', async () => {
    expect(await mayAfter(1, 'after')).toEqual({ 'inbound.average': [5] });
    expect(await mayAfter(1, 'after', 'before the result')).toEqual({ 'inbound.average': [5] });
  });

  it('is nothing where it is just what is on trial', async () => {
    expect(await mayAfter(5, 'after')).toEqual({ 'inbound.average': [1, 5] });
  });

  it('is nothing that a run has written which began later and came to the host before', async () => {
    expect(await mayAfter(1, 'before')).toEqual({ 'inbound.average': [1, 5] });
  });
});

describe('that a run has written nothing', () => {
  it('is certain only of one whose record is whole and has nothing that was to be written', async () => {
    const state = stateDir();
    const of = async (second: number, run: Promise<unknown>) => {
      await run;
      return hasWrittenNothing(state, head(second).run);
    };
    expect(await of(1, recorded(state, head(1), []))).toBe(true);
    expect(await of(2, recorded(state, head(2), [change(1, 5)]))).toBe(false);
    expect(await of(3, recorded(state, head(3), [], 'before the end'))).toBe(false);
    expect(await of(4, recorded(state, head(4), [done(change(1, 5))], 'before the result'))).toBe(false);
    expect(await of(5, Promise.resolve())).toBe(false);
  });
});
