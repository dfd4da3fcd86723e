import type { Session } from '../connection/session.ts';

/**
 * Fulfilled after so long, or once the signal fires. Nothing is thrown for that: an idle watch would spend more time on
 * errors with their stacks than on waiting.
 */
export function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const over = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', over);
      resolve();
    };
    const timer = setTimeout(over, ms);
    if (signal.aborted) over();
    else signal.addEventListener('abort', over);
  });
}

/** Ends what waits by a controller. Without a reason an error would be made for one, that nobody reads. */
export function forgetBy(controller: AbortController): void {
  controller.abort(null);
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
    () => forgetBy(forget),
  );
  if (session === null)
    connecting.then(
      (late) => late.close(),
      () => {},
    );
  return session;
}
