import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, ConnectionError, type ConnectionTarget } from './connection.ts';
import { retryDelay } from './retry.ts';

/** Opens one connection, once. */
type Connector = (target: ConnectionTarget, signal?: AbortSignal) => Promise<Connection>;

/** What tests replace. */
export interface ConnectOutside {
  readonly connectors: Readonly<Record<ConnectionTarget['kind'], () => Promise<Connector>>>;
  /** Rejects when the signal fires. */
  readonly sleep: (ms: number, signal: AbortSignal | undefined) => Promise<void>;
  readonly random: () => number;
}

/** ssh2 and zx are loaded when a host needs them: they would double the start-up time of every command. */
const OUTSIDE: ConnectOutside = {
  connectors: {
    ssh: async () => (await import('./ssh.ts')).connectSsh,
    local: async () => (await import('./local.ts')).connectLocal,
  },
  sleep: (ms, signal) => sleep(ms, undefined, signal ? { signal } : {}),
  random: Math.random,
};

/**
 * Connects to a host, trying again where the server merely shed load.
 * @param signal ends the wait, and later the connection and what runs on it (code `aborted`)
 * @throws ConnectionError
 */
export async function connect(
  target: ConnectionTarget,
  signal?: AbortSignal,
  outside: ConnectOutside = OUTSIDE,
): Promise<Connection> {
  const open = await outside.connectors[target.kind]();
  for (let failed = 1; ; failed++) {
    try {
      return await open(target, signal);
    } catch (error) {
      if (!(error instanceof ConnectionError && error.transient)) throw error;
      const delay = retryDelay(failed, outside.random());
      if (delay === null) throw error;
      await outside.sleep(delay, signal).catch(() => {
        throw new ConnectionError('aborted', `${target.host} was not contacted: the run was interrupted`);
      });
    }
  }
}
