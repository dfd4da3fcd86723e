import { expect, it } from 'vitest';
import { type Guard, guardedOutcomes } from '../../../src/engine/guard.ts';
import type { ApplyAnswer } from '../../../src/libvirt/apply_answer.ts';

it.each([
  ['alice@ci.example_net, run watch-1', 'busy', /under another name/],
  ['alice@other, run watch-1', 'locked', /alice@other/],
  ['bob@ci.example_net, run watch-1', 'locked', /bob@/],
] as const)('a lock that %s has', (lockedBy, kind, error) => {
  const owner = { user: 'alice', machine: 'ci.example net', run: 'watch-1' };
  const guard: Guard = {
    lock: { owner, waitSeconds: 0, deadlineSeconds: 60 },
    ...{ waiting: () => {}, sums: new Map(), devices: new Map(), repeats: () => 0, notes: new Set() },
  };
  const answer: ApplyAnswer = {
    ...{
      steps: [{ kind: 'locked', error: lockedBy }],
      described: [],
      transient: new Set(),
      stale: new Set(),
    },
    ...{ inJob: new Map(), unwatched: false, lock: { lockedBy }, error: null },
  };
  const [outcome] = guardedOutcomes([{ uuid: 'u', commands: [] }], answer, guard, false);
  expect(outcome).toEqual({ kind, error: expect.stringMatching(error) });
});
