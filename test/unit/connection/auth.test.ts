import { describe, expect, it } from 'vitest';
import { newShared } from '../../../src/connection/shared.ts';
import { prepareLogins } from '../../../src/connection/ssh2/auth.ts';
import { targetOf } from './fixtures.ts';

const CLOCK = { stop: () => {}, start: () => {} };
const BOTH = ['keyboard-interactive', 'password'];

/** What is tried after a server has asked these questions, interactively. */
async function triedAfter(
  prompts: readonly { prompt: string; echo: boolean }[],
  accepted: readonly string[],
) {
  const logins = prepareLogins(newShared(), targetOf({ password: () => 'hunter2', authMethods: BOTH }));
  const first = await logins.next(BOTH, CLOCK);
  if (first?.method.type !== 'keyboard-interactive') throw new Error('it comes first');
  const answers: string[] = [];
  first.method.prompt('', '', '', [...prompts], (given: string[]) => void answers.push(...given));
  const second = await logins.next(accepted, CLOCK);
  return [answers, second?.method.type ?? null];
}

describe('a password', () => {
  const asked = { prompt: 'Password: ', echo: false };

  it('that was refused is not tried once more by another method: that might lock the account', async () => {
    expect(await triedAfter([asked], BOTH)).toEqual([['hunter2'], null]);
  });

  it('is tried as such where it was not asked for, or what was asked may have been something else', async () => {
    expect(await triedAfter([], BOTH)).toEqual([[], 'password']);
    expect(await triedAfter([{ prompt: 'Verification code: ', echo: false }], BOTH)).toEqual([
      ['hunter2'],
      'password',
    ]);
    expect(await triedAfter([{ prompt: 'Password or name: ', echo: true }], BOTH)).toEqual([
      [''],
      'password',
    ]);
  });

  it('is tried as such where the server wants both', async () => {
    expect(await triedAfter([asked], ['password'])).toEqual([['hunter2'], 'password']);
  });
});
