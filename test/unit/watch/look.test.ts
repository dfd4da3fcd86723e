import { expect, it } from 'vitest';
import type { HostResult } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { changesIn, wantsAgain } from '../../../src/watch/look.ts';

const hostWith = (status: SubjectStatus) =>
  ({ status: 'failed', resources: [{ status }] }) as unknown as HostResult;

it.each([
  ['stale', true],
  ['busy', true],
  ['failed', true],
  ['locked', true],
  ['skipped', true],
  ['inSync', false],
  ['changed', false],
  ['refused', false],
  ['unsupported', false],
] as const)('looks again soon at what is %s: %s', (status, again) => {
  expect(wantsAgain(hostWith(status))).toBe(again);
});

it.each([
  ['refused', [null, 900], 400],
  ['waived', [700], 200],
  // It ended while the host was looked at.
  ['waived', [300], 0],
  ['inSync', [700], null],
  ['waived', [null], null],
] as const)('looks when a gate may let through what it has held: %s, %j', (status, gates, inMs) => {
  expect(changesIn([{ status: 'inSync' }, { status }], () => gates, null, 500)).toBe(inMs);
  expect(
    changesIn([{ status, next: { at: '1970-01-01T00:00:00.600Z' } as never }], () => gates, null, 500),
  ).toBe(Math.min(inMs ?? 100, 100));
  expect(changesIn([{ status }], () => gates, 50, 500)).toBe(Math.min(inMs ?? 50, 50));
});
