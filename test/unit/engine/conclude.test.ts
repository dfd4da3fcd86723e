import { expect, it } from 'vitest';
import type { Attempt } from '../../../src/engine/attempt.ts';
import { concludeChange } from '../../../src/engine/conclude.ts';
import { change } from '../record/build.ts';

const one = change(1, 5);
const locked = (doubtful: boolean): Attempt => ({
  outcome: { kind: 'locked', error: 'a@b, run r' },
  step: one.steps[0]!,
  doubtful,
  repeated: doubtful,
  before: null,
  repairs: [],
  after: null,
});

it('says that nothing was written for a lock alone where no try before it may have been', () => {
  const told = ({ status, reason, notes }: ReturnType<typeof concludeChange>) => [status, reason, notes];
  expect(told(concludeChange(one, locked(false), null))).toEqual([
    'locked',
    'somebody else was writing on this host, so nothing was written: a@b, run r',
    undefined,
  ]);
  expect(told(concludeChange(one, locked(true), null))).toEqual([
    'failed',
    'somebody else was writing on this host when it was tried once more: a@b, run r',
    ['libvirt gave no answer to a first try of this change, so it may have been written'],
  ]);
});
