import { expect, it } from 'vitest';
import { withVerdicts } from '../../../src/gates/gate.ts';
import type { CauseKind } from '../../../src/model/cause.ts';
import type { Change } from '../../../src/model/change.ts';
import { flapping } from '../../../src/watch/flapping.ts';

const MINUTE = 60_000;

const change = (
  key: string,
  kind: CauseKind = 'changedByHand',
  status: Change['status'] = 'changed',
  also: readonly CauseKind[] = [],
) =>
  ({
    module: 'nic_limits',
    domain: { uuid: 'u', name: 'web' },
    subject: { key, kind: 'nic', label: key },
    steps: [{}],
    status,
    cause: { kind, also, text: '' },
  }) as unknown as Change;

/** What becomes of a change at a time. */
function at(rivals: ReturnType<typeof flapping>, time: number, key = 'a'): readonly [string, string?] {
  const gate = rivals.gate(time);
  const planned = change(key, 'changedByHand', 'pending');
  const batch = { changes: [planned], hostsOf: () => ['hv1'], hasMatched: () => true, unread: 0 };
  const play = { name: 'p', rules: [], batches: 1, sharded: true };
  const verdicts = gate.applies(play) ? gate.judge(play, batch) : [];
  const { status, reason } = withVerdicts(planned, verdicts, false);
  return reason === undefined ? [status] : [status, reason];
}

it('leaves alone, for a while, what somebody else sets back each time, and says so with times', () => {
  const rivals = flapping();
  for (const time of [0, 1, 2]) rivals.note([change('a')], time * MINUTE);
  expect(at(rivals, 3 * MINUTE)).toEqual(['pending']);
  rivals.note([change('a')], 3 * MINUTE);
  expect(at(rivals, 3 * MINUTE + 1)).toEqual([
    'skipped',
    'somebody else sets it back each time, 4 times since 1970-01-01 00:00:00 UTC: it is left alone until 1970-01-01 00:04:00 UTC; let one of the two own it',
  ]);
  expect(at(rivals, 3 * MINUTE + 1, 'b')).toEqual(['pending']);
  // Then it is tried once more, and left alone for longer.
  expect(at(rivals, 4 * MINUTE)).toEqual(['pending']);
  rivals.note([change('a')], 4 * MINUTE);
  expect(at(rivals, 5.9 * MINUTE)[0]).toBe('skipped');
  expect(at(rivals, 6 * MINUTE)).toEqual(['pending']);
});

it('gives a VM its limits at each of its starts, however many there are', () => {
  const rivals = flapping();
  for (let time = 0; time < 100; time++) rivals.note([change('a', 'restarted')], time * 1000);
  expect(at(rivals, 100_000)).toEqual(['pending']);
});

it('gives it its limits too where somebody made its definition anew before each start', () => {
  const rivals = flapping();
  for (let time = 0; time < 100; time++)
    rivals.note([change('a', 'changedByHand', 'changed', ['restarted'])], time * 1000);
  expect(at(rivals, 100_000)).toEqual(['pending']);
});

it('forgets what was long ago', () => {
  const rivals = flapping();
  for (const time of [0, 11, 22, 33, 44]) rivals.note([change('a')], time * MINUTE);
  expect(at(rivals, 45 * MINUTE)).toEqual(['pending']);
});

it('notices queues that somebody wipes each time, and counts anew once the VM was started', () => {
  const rivals = flapping();
  const wiped = (time: number) => rivals.note([change('a', 'changedInKernel')], time * 1000);
  for (const time of [0, 1, 2, 3]) wiped(time);
  expect(at(rivals, 4_000)[0]).toBe('skipped');
  rivals.hear({ what: 'event', name: 'other', word: 'Started Booted' });
  rivals.hear({ what: 'event', name: 'web', word: 'Stopped Destroyed' });
  expect(at(rivals, 5_000)[0]).toBe('skipped');
  rivals.hear({ what: 'event', name: 'web', word: 'Started Booted' });
  expect(at(rivals, 6_000)).toEqual(['pending']);
});

it('leaves alone what fails each time, with the last reason, until it is declared anew', () => {
  const rivals = flapping();
  const failed = { ...change('a', 'stillDiffers', 'failed'), reason: 'no sfq' };
  for (const time of [0, 1, 2]) rivals.note([failed], time * 1000);
  expect(at(rivals, 3_000)).toEqual(['pending']);
  rivals.note([failed], 3_000);
  expect(at(rivals, 4_000)[1]).toMatch(/^it was set 4 times in vain since .*; the last time: no sfq$/);
  rivals.forget();
  expect(at(rivals, 5_000)).toEqual(['pending']);
});

it("bears an agent of Neutron's that wipes queues once after each start", () => {
  const rivals = flapping();
  for (let start = 0; start < 20; start++) {
    rivals.note([change('a', 'restarted')], start * 10_000);
    rivals.note([change('a', 'changedInKernel')], start * 10_000 + 2_000);
    expect(at(rivals, start * 10_000 + 3_000)).toEqual(['pending']);
  }
});

it('remembers nothing of VMs that are gone, and all of those that are there', () => {
  const rivals = flapping();
  for (const time of [0, 1, 2, 3]) rivals.note([change('a'), change('b')], time * MINUTE);
  rivals.note([change('b', 'changedByHand', 'inSync')], 3 * MINUTE + 1, true);
  expect([at(rivals, 3 * MINUTE + 2)[0], at(rivals, 3 * MINUTE + 2, 'b')[0]]).toEqual(['pending', 'skipped']);
  rivals.note([], 3 * MINUTE + 3, true);
  expect(rivals.gate(3 * MINUTE + 4).applies({ name: 'p', rules: [], batches: 1, sharded: true })).toBe(
    false,
  );
});

it('says times as people read them, where the clock was set meanwhile', () => {
  const rivals = flapping();
  for (const time of [0, 1, 2, 3]) rivals.note([change('a')], time * MINUTE);
  const gate = rivals.gate(3 * MINUTE + 1, 60 * MINUTE);
  const batch = { changes: [change('a')], hostsOf: () => ['hv1'], hasMatched: () => true, unread: 0 };
  const [verdict] = gate.judge({ name: 'p', rules: [], batches: 1, sharded: true }, batch);
  expect(verdict?.reason).toContain('since 1970-01-01 01:00:00 UTC: it is left alone until 1970-01-01 01:04');
});
