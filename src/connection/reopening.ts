import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { PATIENCE, type Patience } from './persist.ts';
import { type RetryPolicy, retryDelay } from './retry.ts';
import type { Session } from './session.ts';

/** How often a lost connection is opened again in the life of a host, and after which pauses. */
const LOST: RetryPolicy = { tries: 3, baseMs: 500, capMs: 5_000 };

export interface Reopening {
  readonly target: ConnectionTarget;
  readonly signal: AbortSignal | undefined;
  readonly open: () => Promise<Session>;
  /** Hears of each loss after which the connection was opened again. */
  readonly onRepeat: (lost: ConnectionError) => void;
  readonly patience: Partial<Patience>;
}

/**
 * A session whose connection is opened anew when it is lost under a command, which is then run again: for commands
 * that bear being run twice, even while the lost one may still be running on the host. Without this nobody could say
 * what of a write has happened. A channel that is open ends with the loss; one that could not be started for it is
 * started on the new connection.
 */
export function reopening(first: Session, how: Reopening): Session {
  const { target, signal, open, onRepeat } = how;
  const { sleep, random } = { ...PATIENCE, ...how.patience };
  let current = first;
  let closed = false;
  let failed = 0;
  let underWay: Promise<void> | null = null;

  const reopen = async (lost: ConnectionError): Promise<void> => {
    const delay = retryDelay(++failed, random(), LOST);
    if (delay === null || closed) throw lost;
    await sleep(delay, signal).catch(() => {
      throw lost;
    });
    if (closed) throw lost;
    const next = await open().catch((error: unknown) => {
      throw error instanceof ConnectionError ? stillLost(target, lost, error) : error;
    });
    if (closed) {
      next.close();
      throw lost;
    }
    current = next;
    onRepeat(lost);
  };
  /** What was lost together is opened again once. */
  const replace = (session: Session, lost: ConnectionError): Promise<void> => {
    if (session !== current) return Promise.resolve();
    session.close();
    underWay ??= reopen(lost).finally(() => {
      underWay = null;
    });
    return underWay;
  };
  const repeat = async <T>(run: (session: Session) => Promise<T>): Promise<T> => {
    for (;;) {
      const session = current;
      try {
        return await run(session);
      } catch (error) {
        if (!(error instanceof ConnectionError && error.transient)) throw error;
        await replace(session, error);
      }
    }
  };
  return {
    exec: (command, stdin, heard) => repeat((session) => session.exec(command, stdin, heard)),
    open: (command, options) => repeat((session) => session.open(command, options)),
    close: () => {
      closed = true;
      current.close();
    },
  };
}

/** What ended the run or the host's time says so itself; any other second failure explains the first. */
function stillLost(
  target: ConnectionTarget,
  lost: ConnectionError,
  second: ConnectionError,
): ConnectionError {
  if (second.code === 'aborted' || second.code === 'host_timeout') return second;
  // The first message has named the host.
  const name = `${target.host} `;
  const why = second.message.startsWith(name) ? second.message.slice(name.length) : second.message;
  return new ConnectionError(lost.code, `${lost.message}; it could not be opened again: ${why}`, second.hint);
}
