import { setTimeout as sleep } from 'node:timers/promises';
import { abortError } from './abort.ts';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { throughGate, wasLetIn } from './gate.ts';
import { retryDelay, retryPolicy } from './retry.ts';
import type { Shared } from './shared.ts';

/** How one waits; what tests replace. */
export interface Patience {
  /** Rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly random: () => number;
}

export const PATIENCE: Patience = {
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
  random: Math.random,
};

/** Logs in, again where that helps, and never at more than the pace that the host's sshd can take. */
export async function withRetries<T>(
  shared: Shared,
  target: ConnectionTarget,
  signal: AbortSignal | undefined,
  login: () => Promise<T>,
  patience: Partial<Patience> = {},
): Promise<T> {
  const { sleep, random } = { ...PATIENCE, ...patience };
  let waited = 0;
  for (let failed = 1; ; failed++) {
    try {
      return target.kind === 'local' ? await login() : await throughGate(shared, target, signal, login);
    } catch (error) {
      const policy = error instanceof ConnectionError ? retryPolicy(error, target) : null;
      const delay = policy === null ? null : retryDelay(failed, random(), policy);
      if (delay === null) throw error;
      waited += delay;
      // One that has let nobody in may never do so: then the time for a connection is all that it gets.
      if (waited > target.connectTimeoutMs && !wasLetIn(shared, target)) throw error;
      await sleep(delay, signal).catch(() => {
        throw abortError(signal, `${target.host} was not contacted`);
      });
    }
  }
}
