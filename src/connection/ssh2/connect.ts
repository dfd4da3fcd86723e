import { type Connection, ConnectionError, type ConnectionTarget } from '../connection.ts';
import { inputWithheld } from '../host_keys/host_keys.ts';
import { openWay } from './bastions.ts';
import { openSshClient } from './client.ts';
import { type RunningExec, startExec } from './exec.ts';

/**
 * Connects to a host over SSH and logs in.
 * @param signal ends the connection, and what runs on it, at any time of its life (code `aborted`)
 * @throws ConnectionError
 */
export async function connectSsh(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  const login = await openSshClient(target, () => openWay(target, signal), signal);
  const running = new Set<RunningExec>();
  login.onEnd((error) => {
    for (const exec of running) exec.abandon(error);
  });
  return {
    exec: async (command, stdin) => {
      const ended = login.ended();
      if (ended) throw ended;
      if (stdin !== undefined && login.changedHostKey()) throw inputWithheld(target);
      const run = startExec(login.client, target, command, stdin);
      running.add(run);
      return run.result.finally(() => running.delete(run));
    },
    close: () => login.end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
  };
}
