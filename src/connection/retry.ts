/** When to try again. Durations in milliseconds. */
export interface RetryPolicy {
  /** Tries in all, the first included. */
  readonly tries: number;
  readonly baseMs: number;
  readonly capMs: number;
}

/** Three tries within about three seconds: enough for sshd's MaxStartups, short enough for a dead host. */
const CONNECT_RETRIES: RetryPolicy = { tries: 3, baseMs: 500, capMs: 5_000 };

/**
 * How long to wait before the next try, or null to give up. "Equal jitter": at least half of the exponential
 * step, so that a busy server gets a pause, at most all of it, so that many clients spread out.
 * @param failed number of tries that failed so far, from 1
 * @param random a number in [0, 1)
 */
export function retryDelay(
  failed: number,
  random: number,
  policy: RetryPolicy = CONNECT_RETRIES,
): number | null {
  if (failed >= policy.tries) return null;
  const step = Math.min(policy.capMs, policy.baseMs * 2 ** (failed - 1));
  return Math.round(step / 2 + (step / 2) * random);
}
