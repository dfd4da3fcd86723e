import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { inputWithheld } from '../host_keys/host_keys.ts';
import { livePrograms } from '../live_programs.ts';
import type { Shared } from '../shared.ts';
import type { Transport } from '../transport.ts';
import { openBehind } from './bastions.ts';
import { startAfterEnding } from './ending.ts';
import type { OpensshMaster } from './master.ts';
import { connectMux, type Mux } from './mux.ts';

/** When a connection goes, ssh says why a moment after its socket has closed. */
const LAST_WORDS_MS = 500;

/**
 * Connects with the system's ssh: one process logs in and keeps the connection, commands are sessions on it, asked for
 * over its socket. For what virtune's own client can't do.
 * @param signal ends the connection, and what runs on it, at any time of its life (code `aborted`)
 * @throws ConnectionError
 */
export async function connectOpenSsh(
  shared: Shared,
  target: ConnectionTarget,
  signal?: AbortSignal,
): Promise<Transport> {
  const master = await openBehind(shared, target, signal);
  const mux = await openMux(target, master);
  const failed = master.ended();
  if (failed) {
    mux.close();
    throw failed;
  }
  const start = livePrograms(master, startAfterEnding(mux, target));
  master.onEnd(mux.close);
  // Without its socket the login is of no use any more, if it does not end by itself.
  mux.onClose(() => setTimeout(() => master.end(socketLost(target)), LAST_WORDS_MS).unref());
  return {
    start,
    withholds: () => (master.changedHostKey() ? inputWithheld(target) : undefined),
    close: () => master.end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
  };
}

async function openMux(target: ConnectionTarget, master: OpensshMaster): Promise<Mux> {
  try {
    return await connectMux(master.socket);
  } catch (error) {
    const failed = master.ended() ?? socketLost(target, (error as Error).message);
    master.end(failed);
    throw failed;
  }
}

function socketLost({ host }: ConnectionTarget, why = 'its socket closed'): ConnectionError {
  return new ConnectionError(
    'closed',
    `the ssh that was connected to ${host} went away: ${why}`,
    undefined,
    true,
  );
}
