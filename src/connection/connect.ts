import type { Connection, ConnectionTarget } from './connection.ts';
import { hostDeadline, underDeadline } from './host_deadline.ts';
import { type Patience, withRetries } from './persist.ts';

/** Opens one connection, once. */
type Connector = (target: ConnectionTarget, signal?: AbortSignal) => Promise<Connection>;

/** What tests replace. */
export interface ConnectOutside extends Partial<Patience> {
  readonly connectors: Readonly<Record<ConnectionTarget['kind'], () => Promise<Connector>>>;
}

/** ssh2 and zx are loaded when a host needs them: they would double the start-up time of every command. */
const OUTSIDE: ConnectOutside = {
  connectors: {
    ssh: async () => (await import('./choose_transport.ts')).connectBest,
    openssh: async () => (await import('./openssh.ts')).connectOpenSsh,
    local: async () => (await import('./local.ts')).connectLocal,
  },
};

/**
 * Connects to a host, trying again where that helps.
 * @param signal ends the wait, and later the connection and what runs on it (code `aborted`)
 * @throws ConnectionError
 */
export async function connect(
  target: ConnectionTarget,
  signal?: AbortSignal,
  outside: ConnectOutside = OUTSIDE,
): Promise<Connection> {
  const open = await outside.connectors[target.kind]();
  const { hostTimeoutMs } = target;
  if (hostTimeoutMs === undefined) return withRetries(target, signal, () => open(target, signal), outside);
  const deadline = hostDeadline(target.host, hostTimeoutMs, signal);
  try {
    const login = () => open(target, deadline.signal);
    const connection = await deadline.during(() => withRetries(target, deadline.signal, login, outside));
    return underDeadline(connection, deadline);
  } catch (error) {
    deadline.release();
    throw error;
  }
}
