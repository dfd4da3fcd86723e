import type { ConnectionError } from './connection.ts';

/** A login that lasts until somebody ends it. */
export interface Login {
  /** Why it ended; undefined while it lasts. */
  readonly ended: () => ConnectionError | undefined;
  /** Called once, when it ends. */
  readonly onEnd: (callback: (error: ConnectionError) => void) => void;
  /** Idempotent. */
  readonly end: (error: ConnectionError) => void;
}

/** @param tearDown called when it ends, once, before those that wait for that */
export function newLogin(tearDown: (error: ConnectionError) => void): Login {
  const listeners: ((error: ConnectionError) => void)[] = [];
  let ended: ConnectionError | undefined;
  return {
    ended: () => ended,
    onEnd: (callback) => void listeners.push(callback),
    end: (error) => {
      if (ended) return;
      ended = error;
      tearDown(error);
      for (const tell of listeners) tell(error);
    },
  };
}
