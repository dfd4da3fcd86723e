import { onceAborted } from './abort.ts';
import { ConnectionError } from './connection.ts';
import type { Session } from './session.ts';

/**
 * The deadline of a whole host: it runs while something is asked of the host, and stands still while virtune itself
 * does something else (it may keep a host waiting until all others have been read).
 */
export interface HostDeadline {
  /** Fires with the run's signal, or when the time is up; then with the error as its reason. */
  readonly signal: AbortSignal;
  /** Lets the time run until the promise is settled. */
  readonly during: <T>(work: () => Promise<T>) => Promise<T>;
  readonly release: () => void;
}

export function hostDeadline(host: string, limitMs: number, signal: AbortSignal | undefined): HostDeadline {
  const controller = new AbortController();
  const forget = onceAborted(signal, () => controller.abort(signal?.reason));
  if (signal?.aborted) controller.abort(signal.reason);
  let left = limitMs;
  let running = 0;
  let since = 0;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = (): void =>
    controller.abort(
      new ConnectionError(
        'host_timeout',
        `${host} was not done after ${limitMs / 1000} s in all`,
        'virtune_host_timeout or --host-timeout sets how long a host may take',
      ),
    );
  return {
    signal: controller.signal,
    during: async (work) => {
      if (running++ === 0) {
        since = performance.now();
        timer = setTimeout(timeUp, Math.max(0, left));
      }
      try {
        return await work();
      } finally {
        if (--running === 0) {
          clearTimeout(timer);
          left -= performance.now() - since;
        }
      }
    },
    release: () => {
      clearTimeout(timer);
      forget();
    },
  };
}

/** The same session, whose commands use up the host's time. Of a channel only its start does. */
export function underDeadline(session: Session, deadline: HostDeadline): Session {
  return {
    exec: (command, stdin, heard) => deadline.during(() => session.exec(command, stdin, heard)),
    open: (command, options) => deadline.during(() => session.open(command, options)),
    close: () => {
      deadline.release();
      session.close();
    },
  };
}
