import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ConnectionError, type ConnectionTarget } from '../../../src/connection/connection.ts';
import { newConnector } from '../../../src/connection/connector.ts';
import { retryDelay } from '../../../src/connection/retry.ts';
import type { Transport } from '../../../src/connection/transport.ts';
import { scripted } from './connected.ts';
import { targetOf } from './fixtures.ts';

const policy = fc.record({
  tries: fc.integer({ min: 1, max: 8 }),
  baseMs: fc.integer({ min: 1, max: 2_000 }),
  capMs: fc.integer({ min: 1, max: 60_000 }),
});
const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

describe('retryDelay', () => {
  it('gives up after the last try, and only then', () => {
    fc.assert(
      fc.property(policy, random, fc.integer({ min: 1, max: 10 }), (rules, dice, failed) => {
        expect(retryDelay(failed, dice, rules) === null).toBe(failed >= rules.tries);
      }),
    );
  });

  it('waits at least half of the step, never more than the step or the cap', () => {
    fc.assert(
      fc.property(policy, random, fc.integer({ min: 1, max: 7 }), (rules, dice, failed) => {
        const delay = retryDelay(failed, dice, rules);
        if (delay === null) return;
        const step = Math.min(rules.capMs, rules.baseMs * 2 ** (failed - 1));
        expect(delay).toBeGreaterThanOrEqual(Math.floor(step / 2));
        expect(delay).toBeLessThanOrEqual(step);
      }),
    );
  });

  it('spreads: the same failure with other dice waits another time', () => {
    expect(retryDelay(1, 0)).toBe(250);
    expect(retryDelay(1, 0.5)).toBe(375);
    expect(retryDelay(2, 0)).toBe(500);
    expect(retryDelay(10, 0)).toBeNull();
  });
});

describe('connect', () => {
  const transport = scripted(() => ({ stdout: 'in', stderr: '', code: 0 }));
  const dropped = new ConnectionError('closed', 'dropped', undefined, true);

  async function run(
    outcomes: readonly (ConnectionError | Transport)[],
    changes: Partial<ConnectionTarget> = {},
  ): Promise<{ got: unknown; waits: number[] }> {
    const waits: number[] = [];
    const left = [...outcomes];
    const open = async (): Promise<Transport> => {
      const next = left.shift();
      if (!next || next instanceof ConnectionError) throw next ?? new Error('one try too many');
      return next;
    };
    const outside = {
      transports: { ssh: async () => open, openssh: async () => open, local: async () => open },
      sleep: async (ms: number) => void waits.push(ms),
      random: () => 0,
    };
    const got = await newConnector(outside)
      .connect(targetOf(changes))
      .then((session) => session.exec(''))
      .then(({ stdout }) => stdout)
      .catch((error: unknown) => error);
    return { got, waits };
  }

  it('gives a port that only resets the time for a connection, and not ten tries', async () => {
    const { got, waits } = await run(Array(10).fill(dropped), { connectTimeoutMs: 6_000 });
    expect([got, waits]).toEqual([dropped, [250, 500, 1_000, 2_000]]);
  });

  it('tries again after a drop, ten times in all', async () => {
    expect(await run([dropped, dropped, transport])).toEqual({ got: 'in', waits: [250, 500] });
    const { got, waits } = await run(Array(10).fill(dropped));
    expect(got).toBe(dropped);
    expect(waits).toEqual([250, 500, 1_000, 2_000, 2_500, 2_500, 2_500, 2_500, 2_500]);
  });

  it('tries a host that does not answer as often as ConnectionAttempts says', async () => {
    const refused = new ConnectionError('refused', 'no');
    expect(await run([refused, refused, transport], { attempts: 3 })).toEqual({
      got: 'in',
      waits: [500, 500],
    });
    expect((await run([refused, refused], { attempts: 2 })).got).toBe(refused);
    const auth = new ConnectionError('auth', 'no');
    expect(await run([auth], { attempts: 3 })).toEqual({ got: auth, waits: [] });
  });

  it('tries a name three times when the resolver is busy', async () => {
    const busy = new ConnectionError('dns', 'busy', undefined, true);
    expect(await run([busy, busy, busy])).toEqual({ got: busy, waits: [250, 500] });
  });

  it.each(['auth', 'host_key_changed', 'host_key_unknown', 'refused', 'timeout', 'dns', 'aborted'] as const)(
    'does not try again after %s',
    async (code) => {
      const error = new ConnectionError(code, 'no');
      expect(await run([error])).toEqual({ got: error, waits: [] });
    },
  );

  it('stops waiting when the run is interrupted', async () => {
    const abort = new AbortController();
    const outside = {
      transports: {
        ssh: async () => async () => Promise.reject(dropped),
        openssh: async () => async () => transport,
        local: async () => async () => transport,
      },
      sleep: async () => {
        abort.abort();
        throw abort.signal.reason;
      },
      random: () => 0,
    };
    const connecting = newConnector(outside).connect(targetOf(), { signal: abort.signal });
    await expect(connecting).rejects.toMatchObject({ code: 'aborted' });
  });
});
