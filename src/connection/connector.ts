import type { Become } from './become/become.ts';
import { becoming } from './become/becoming.ts';
import { ConnectionError, type ConnectionTarget } from './connection.ts';
import { hostDeadline, underDeadline } from './host_deadline.ts';
import { waitForJump } from './jumps/route.ts';
import { type Patience, withRetries } from './persist.ts';
import { reopening } from './reopening.ts';
import type { Session } from './session.ts';
import { sessionOver } from './session_over.ts';
import { newShared, type Shared } from './shared.ts';
import type { Transport } from './transport.ts';

/**
 * All the connections of one run, and what they share: logins to jump hosts, the pace of each sshd, keys that were
 * opened, questions that were answered. Two runs in one process do not meet.
 */
export interface Connector {
  /**
   * Connects to a host, trying again where that helps.
   * @throws ConnectionError
   */
  readonly connect: (target: ConnectionTarget, options?: ConnectOptions) => Promise<Session>;
  /**
   * Waits until the login to the jump host of a target has succeeded or failed, so that nothing else need be held
   * meanwhile; connecting to the target then has it at once, or fails at once.
   * @param signal ends the wait early
   * @returns gives the part in that login back; to be called once the target is done with
   */
  readonly waitForJump: (target: ConnectionTarget, signal: AbortSignal) => Promise<() => void>;
  /** Idempotent. Ends every session, login and process that this connector has opened, and removes its files. */
  readonly close: () => void;
}

export interface ConnectOptions {
  /** Ends the wait, and later the session and what runs on it (code `aborted`). */
  readonly signal?: AbortSignal | undefined;
  /** Who programs run as; by default the login itself. */
  readonly become?: Become | null | undefined;
  /**
   * Given where every command of `exec` bears being run twice: one whose connection is lost is then run again on a new
   * one, and this hears of it. Never so for `open`.
   */
  readonly onRepeat?: ((lost: ConnectionError) => void) | undefined;
}

/** Opens one connection, once. */
export type OpenTransport = (
  shared: Shared,
  target: ConnectionTarget,
  signal?: AbortSignal,
) => Promise<Transport>;

/** What tests replace. */
export interface ConnectorParts extends Partial<Patience> {
  readonly shared?: ReturnType<typeof newShared>;
  readonly transports?: Readonly<Record<ConnectionTarget['kind'], () => Promise<OpenTransport>>>;
}

/** ssh2 and zx are loaded when a host needs them: they would double the start-up time of every command. */
const TRANSPORTS: NonNullable<ConnectorParts['transports']> = {
  ssh: async () => (await import('./choose_transport.ts')).connectBest,
  openssh: async () => (await import('./openssh/connect.ts')).connectOpenSsh,
  local: async () => (await import('./local.ts')).connectLocal,
};

/** Loads virtune's own client before a host needs it. What is wrong with it shows when one does. */
export function loadClient(): void {
  TRANSPORTS.ssh().catch(() => {});
}

/** To be closed at the end of the run. */
export function newConnector(parts: ConnectorParts = {}): Connector {
  const shared = parts.shared ?? newShared();
  const sessions = new Set<Session>();
  let closed = false;
  return {
    connect: async (target, options = {}) => {
      if (closed) throw runIsOver(target);
      const session = await connectWithin({ shared, parts, target, options });
      const kept: Session = {
        exec: (command, stdin, heard) => session.exec(command, stdin, heard),
        open: (command, more) => session.open(command, more),
        close: () => {
          sessions.delete(kept);
          session.close();
        },
      };
      sessions.add(kept);
      if (!closed) return kept;
      kept.close();
      throw runIsOver(target);
    },
    waitForJump: (target, signal) => waitForJump(shared, target, signal),
    close: () => {
      closed = true;
      for (const session of [...sessions]) session.close();
      shared.close();
    },
  };
}

interface Attempt {
  readonly shared: Shared;
  readonly parts: ConnectorParts;
  readonly target: ConnectionTarget;
  readonly options: ConnectOptions;
}

async function connectWithin(attempt: Attempt): Promise<Session> {
  const { target, options } = attempt;
  const { hostTimeoutMs } = target;
  if (hostTimeoutMs === undefined) return connectUnder(options.signal, attempt);
  const deadline = hostDeadline(target.host, hostTimeoutMs, options.signal);
  try {
    const session = await deadline.during(() => connectUnder(deadline.signal, attempt));
    return underDeadline(session, deadline);
  } catch (error) {
    deadline.release();
    throw error;
  }
}

async function connectUnder(
  signal: AbortSignal | undefined,
  { shared, parts, target, options }: Attempt,
): Promise<Session> {
  const openTransport = await (parts.transports ?? TRANSPORTS)[target.kind]();
  const login = async (): Promise<Session> => {
    const transport = await openTransport(shared, target, signal);
    return sessionOver(becoming(transport, options.become ?? null), target);
  };
  const open = () =>
    withRetries(shared, target, signal, login, parts).catch((error: unknown) => {
      throw error instanceof ConnectionError ? error : notContacted(target, error);
    });
  const first = await open();
  const { onRepeat } = options;
  return onRepeat === undefined
    ? first
    : reopening(first, { target, signal, open, onRepeat, patience: parts });
}

function runIsOver({ host }: ConnectionTarget): ConnectionError {
  return new ConnectionError('closed', `${host} was not contacted: the run is over`);
}

/** This machine has no more files, room in /tmp or the like: one host's outcome, not the end of all the others. */
function notContacted({ host }: ConnectionTarget, error: unknown): ConnectionError {
  const why = error instanceof Error ? error.message : String(error);
  return new ConnectionError('unreachable', `${host} was not contacted: ${why}`);
}
