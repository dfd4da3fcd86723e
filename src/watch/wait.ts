import { setTimeout as sleep } from 'node:timers/promises';
import type { Session } from '../connection/session.ts';

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

/** What is being connected to is not waited for when it is not wanted any more. */
export async function unlessStopped(
  connecting: Promise<Session>,
  stopping: AbortSignal,
): Promise<Session | null> {
  const forget = new AbortController();
  const session = await Promise.race([connecting, aborted(stopping, forget.signal).then(() => null)]).finally(
    () => forget.abort(),
  );
  if (session === null)
    connecting.then(
      (late) => late.close(),
      () => {},
    );
  return session;
}
