import { expect, it } from 'vitest';
import type { HostResult } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';
import { wantsAgain } from '../../../src/watch/look.ts';

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
