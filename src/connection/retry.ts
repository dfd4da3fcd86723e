import type { ConnectionError, ConnectionTarget } from './connection.ts';

/** When to try again. Durations in milliseconds. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly tries: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** sshd sheds load at random (MaxStartups): with the pace held back (gate.ts) some try soon gets through. */
const SHED: RetryPolicy = { tries: 10, baseMs: 500, capMs: 5_000 };

/** A resolver that is busy; one that is gone is not waited for. */
const NAME: RetryPolicy = { tries: 3, baseMs: 500, capMs: 5_000 };

/**
 * The policy for a failure, or null where another try would end alike. What is transient by its nature is tried
 * again by virtune itself; a host that does not answer only where ConnectionAttempts or ansible_ssh_retries say so.
 */
export function retryPolicy(error: ConnectionError, target: ConnectionTarget): RetryPolicy | null {
  if (error.transient) return error.code === 'dns' ? NAME : SHED;
  const unanswered = ['refused', 'timeout', 'unreachable'].includes(error.code);
  return unanswered ? { tries: target.attempts ?? 1, baseMs: 1_000, capMs: 1_000 } : null;
}

/**
 * How long to wait before the next try, or null to give up. "Equal jitter": at least half of the exponential
 * step, so that a busy server gets a pause, at most all of it, so that many clients spread out.
 * @param failed number of tries that failed so far, from 1
 * @param random a number in [0, 1)
 */
export function retryDelay(failed: number, random: number, policy: RetryPolicy = SHED): number | null {
  if (failed >= policy.tries) return null;
  const step = Math.min(policy.capMs, policy.baseMs * 2 ** (failed - 1));
  return Math.round(step / 2 + (step / 2) * random);
}
