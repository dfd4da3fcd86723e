import { type Connection, ConnectionError, type ConnectionTarget } from './connection.ts';
import { hostDeadline, underDeadline } from './host_deadline.ts';
import { type Patience, withRetries } from './persist.ts';
import { reopening } from './reopening.ts';

/** Opens one connection, once. */
type Connector = (target: ConnectionTarget, signal?: AbortSignal) => Promise<Connection>;

export interface ConnectOptions extends Partial<Patience> {
  /**
   * Given where every command bears being run twice: one whose connection is lost is then run again on a new one, and
   * this hears of it.
   */
  readonly onRepeat?: (lost: ConnectionError) => void;
  /** What tests replace. */
  readonly connectors?: Readonly<Record<ConnectionTarget['kind'], () => Promise<Connector>>>;
}

/** ssh2 and zx are loaded when a host needs them: they would double the start-up time of every command. */
const CONNECTORS: NonNullable<ConnectOptions['connectors']> = {
  ssh: async () => (await import('./choose_transport.ts')).connectBest,
  openssh: async () => (await import('./openssh/connect.ts')).connectOpenSsh,
  local: async () => (await import('./local.ts')).connectLocal,
};

/**
 * Connects to a host, trying again where that helps.
 * @param signal ends the wait, and later the connection and what runs on it (code `aborted`)
 * @throws ConnectionError
 */
export async function connect(
  target: ConnectionTarget,
  signal?: AbortSignal,
  options: ConnectOptions = {},
): Promise<Connection> {
  const { hostTimeoutMs } = target;
  if (hostTimeoutMs === undefined) return connectUnder(signal, target, options);
  const deadline = hostDeadline(target.host, hostTimeoutMs, signal);
  try {
    const connection = await deadline.during(() => connectUnder(deadline.signal, target, options));
    return underDeadline(connection, deadline);
  } catch (error) {
    deadline.release();
    throw error;
  }
}

async function connectUnder(
  signal: AbortSignal | undefined,
  target: ConnectionTarget,
  options: ConnectOptions,
): Promise<Connection> {
  const login = await (options.connectors ?? CONNECTORS)[target.kind]();
  const open = () =>
    withRetries(target, signal, () => login(target, signal), options).catch((error: unknown) => {
      throw error instanceof ConnectionError ? error : notContacted(target, error);
    });
  const first = await open();
  const { onRepeat } = options;
  return onRepeat === undefined
    ? first
    : reopening(first, { target, signal, open, onRepeat, patience: options });
}

/** This machine has no more files, room in /tmp or the like: one host's outcome, not the end of all the others. */
function notContacted({ host }: ConnectionTarget, error: unknown): ConnectionError {
  const why = error instanceof Error ? error.message : String(error);
  return new ConnectionError('unreachable', `${host} was not contacted: ${why}`);
}
