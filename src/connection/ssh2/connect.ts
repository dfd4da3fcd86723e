import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { inputWithheld } from '../host_keys/host_keys.ts';
import { livePrograms } from '../live_programs.ts';
import type { Shared } from '../shared.ts';
import type { Transport } from '../transport.ts';
import { openRoute } from './bastions.ts';
import { openSshClient } from './client.ts';
import { startProgram } from './program.ts';

/**
 * Connects to a host over SSH and logs in.
 * @param signal ends the connection, and what runs on it, at any time of its life (code `aborted`)
 * @throws ConnectionError
 */
export async function connectSsh(
  shared: Shared,
  target: ConnectionTarget,
  signal?: AbortSignal,
): Promise<Transport> {
  const open = () => openRoute(shared, target, signal);
  const login = await openSshClient(shared, target, open, signal);
  return {
    start: livePrograms(login, (command, events, beside) =>
      startProgram(login, target, { command, events, beside }),
    ),
    withholds: () => (login.changedHostKey() ? inputWithheld(target) : undefined),
    close: () => login.end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
  };
}
