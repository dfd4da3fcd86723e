import { expect, it } from 'vitest';
import type { Cause } from '../../../src/model/cause.ts';
import type { Change } from '../../../src/model/change.ts';
import { lasting } from '../../../src/watch/lasting.ts';
import { nicChange } from '../reporters/results.ts';

const BY_HAND: Cause = { kind: 'changedByHand', states: ['live'], text: 'changed by hand: live' };
const STILL: Cause = { kind: 'stillDiffers', text: 'it differed in the baseline already' };
const UNTOLD: Cause = { kind: 'stillDiffers', text: 'it has differed since this watch first looked at it' };
const nic = (status: Change['status'], cause?: Cause, key = 'a') =>
  nicChange(status, {
    ...(cause === undefined ? {} : { cause }),
    subject: { kind: 'nic', key, label: key },
  });

it('a difference that stays keeps its cause, until it is set right', () => {
  const old = lasting();
  expect(old.told(nic('busy', BY_HAND)).cause).toEqual(BY_HAND);
  old.note([nic('busy', BY_HAND)], true);
  for (const status of ['skipped', 'failed', 'locked'] as const) {
    const again = old.told(nic(status, STILL));
    expect([again.status, again.cause]).toEqual([status, BY_HAND]);
    old.note([again], true);
  }
  const set = old.told(nic('changed', STILL));
  expect(set.cause).toEqual(BY_HAND);
  old.note([set], true);
  expect(old.told(nic('pending', STILL)).cause).toEqual(UNTOLD);
});

it('another cause takes its place, and none is told of what has none', () => {
  const old = lasting();
  old.note([nic('busy', BY_HAND)], true);
  const restarted: Cause = { kind: 'restarted', text: 'lost by a restart of its VM' };
  old.note([old.told(nic('busy', restarted))], true);
  expect(old.told(nic('changed', STILL)).cause).toEqual(restarted);
  expect(old.told(nic('changed')).cause).toBeUndefined();
});

it('what a look could not read is remembered, what is gone is not', () => {
  const old = lasting();
  old.note([nic('busy', BY_HAND, 'a'), nic('busy', BY_HAND, 'b')], true);
  old.note([nic('inSync', undefined, 'b')], false);
  expect(['a', 'b'].map((key) => old.told(nic('changed', STILL, key)).cause)).toEqual([BY_HAND, UNTOLD]);
  old.note([], true);
  expect(old.told(nic('changed', STILL, 'a')).cause).toEqual(UNTOLD);
});
