import { expect, it } from 'vitest';
import type { Attempt } from '../../../src/engine/attempt.ts';
import { concludeChange } from '../../../src/engine/conclude.ts';
import type { Change, Sides, Values } from '../../../src/model/change.ts';
import { nicChange } from '../reporters/results.ts';

/** Both states of it are to receive 12,500 at most, and to send what they do. */
const change: Change = {
  ...nicChange('pending'),
  settings: nicChange('pending').settings.map((setting) =>
    setting.name === 'outbound.average' ? { ...setting, live: 2000, config: 2000 } : setting,
  ),
};
const left = (side: 'live' | 'config', more: Values = {}): Values => ({
  ...Object.fromEntries(
    change.settings.map(({ name, desired, [side]: had }) => [name, desired[side] ?? had ?? null]),
  ),
  ...more,
});
const concluded = (after: Sides) =>
  concludeChange(
    change,
    {
      ...{ outcome: { kind: 'ok', error: '' }, step: change.steps[0]!, after },
      ...{ doubtful: false, repeated: false, raced: false, before: null, repairs: [] },
    },
    null,
  );

it('says of a write what it has changed that nobody has asked for', () => {
  expect(concluded({ live: left('live'), config: left('config') })).toMatchObject({ status: 'changed' });
  expect(concluded({ live: left('live'), config: left('config') }).notes).toBeUndefined();
  expect(
    concluded({ live: left('live', { 'outbound.average': null }), config: left('config') }),
  ).toMatchObject({
    status: 'changed',
    notes: [
      'something is other that nobody has asked for: live: sends without limit, before that: sends at most 16 Mbit/s',
    ],
  });
  expect(concluded({ live: left('live'), config: null }).notes).toBeUndefined();
});

it('says that nothing was written for a lock alone where no try before it may have been', () => {
  const locked = (doubtful: boolean, raced = false) => {
    const attempt: Attempt = {
      ...{ outcome: { kind: 'locked', error: 'a@b, run r' }, step: change.steps[0]!, after: null },
      ...{ doubtful, repeated: doubtful, raced, before: null, repairs: [] },
    };
    const { status, reason, notes } = concludeChange(change, attempt, null);
    return [status, reason, notes];
  };
  expect(locked(false)).toEqual([
    'locked',
    'somebody else was writing on this host, so nothing was written: a@b, run r',
    undefined,
  ]);
  expect(locked(true)).toEqual([
    'failed',
    'somebody else was writing on this host when it was tried once more: a@b, run r',
    ['libvirt gave no answer to a first try of this change, so it may have been written'],
  ]);
  expect(locked(true, true)[2]).toEqual([
    expect.stringMatching(/^at a first try another program set .*, so it may have been written$/),
  ]);
});
