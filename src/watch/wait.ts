import { setTimeout as sleep } from 'node:timers/promises';

/** Fulfilled after so long, or once the signal fires. */
export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** Fulfilled once the signal fires. @param forget ends the wait without that */
export function aborted(signal: AbortSignal, forget: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener('abort', () => resolve(), { once: true, signal: forget });
  });
}
