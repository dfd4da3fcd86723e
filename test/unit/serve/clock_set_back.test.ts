import { expect, it } from 'vitest';
import type { TokenInfo } from '../../../src/openstack/catalog.ts';
import { FRESH_TO_READ_MS, FRESH_TO_WRITE_MS, rememberedCallers } from '../../../src/serve/cloud/callers.ts';

const HOUR = 3_600_000;
const INFO: TokenInfo = {
  ...{ userId: 'u', userName: 'alice', roles: ['member'], auditIds: ['a'] },
  project: { id: 'p', name: 'prod' },
  expiresAt: 10 * HOUR,
};

function setUp() {
  const clocks = { wall: 5 * HOUR, steady: 0 };
  let isRevoked = false;
  let asked = 0;
  const callers = rememberedCallers(
    {
      validate: async () => {
        asked++;
        return isRevoked ? null : INFO;
      },
    },
    { failed: () => {}, answered: () => {} },
    { now: () => clocks.wall, steady: () => clocks.steady },
  );
  const isTaken = (fresh: number) =>
    callers.whoIs('token', fresh).then(
      () => true,
      () => false,
    );
  const revoke = () => {
    isRevoked = true;
  };
  return { clocks, isTaken, revoke, asked: () => asked };
}

it('a token that is revoked is good for no longer because the clock was set back', async () => {
  const { clocks, isTaken, revoke } = setUp();
  expect(await isTaken(FRESH_TO_WRITE_MS)).toBe(true);
  revoke();
  clocks.wall -= 4 * HOUR;
  clocks.steady += FRESH_TO_WRITE_MS - 1;
  expect(await isTaken(FRESH_TO_WRITE_MS)).toBe(true);
  clocks.steady += 1;
  expect(await isTaken(FRESH_TO_WRITE_MS)).toBe(false);
});

it('a clock that is set ahead ends a token, and asks Keystone nothing anew', async () => {
  const { clocks, isTaken, asked } = setUp();
  expect(await isTaken(FRESH_TO_READ_MS)).toBe(true);
  clocks.wall += 4 * HOUR;
  expect(await isTaken(FRESH_TO_READ_MS)).toBe(true);
  clocks.wall += 2 * HOUR;
  expect(await isTaken(FRESH_TO_READ_MS)).toBe(false);
  expect(asked()).toBe(1);
});
