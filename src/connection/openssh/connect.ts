import { setTimeout as sleep } from 'node:timers/promises';
import { type Connection, ConnectionError, type ConnectionTarget } from '../connection.ts';
import { inputWithheld } from '../host_keys/host_keys.ts';
import type { RunningExec } from '../ssh2/exec.ts';
import { openBehind } from './bastions.ts';
import { startMuxExec } from './exec.ts';
import type { OpensshMaster } from './master.ts';
import { connectMux, type Mux } from './mux.ts';

/** How long a command that was given up may keep the next from beginning. */
const OVER_MS = 1_000;
/** When a connection goes, ssh says why a moment after its socket has closed. */
const LAST_WORDS_MS = 500;

/**
 * Connects with the system's ssh: one process logs in and keeps the connection, commands are sessions on it, asked for
 * over its socket. For what virtune's own client can't do.
 * @param signal ends the connection, and what runs on it, at any time of its life (code `aborted`)
 * @throws ConnectionError
 */
export async function connectOpenSsh(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  const master = await openBehind(target, signal);
  const mux = await openMux(target, master);
  const failed = master.ended();
  if (failed) {
    mux.close();
    throw failed;
  }
  master.onEnd(mux.close);
  const running = new Set<RunningExec>();
  master.onEnd((error) => {
    for (const exec of running) exec.abandon(error);
  });
  // Without its socket the login is of no use any more, if it does not end by itself.
  mux.onClose(() => setTimeout(() => master.end(socketLost(target)), LAST_WORDS_MS).unref());
  const ending = new Set<Promise<void>>();
  return {
    exec: async (command, stdin) => {
      // dropbear closes a session that has no command yet when the command of another one ends.
      if (ending.size > 0)
        await Promise.race([Promise.all(ending), sleep(OVER_MS, undefined, { ref: false })]);
      const ended = master.ended();
      if (ended) throw ended;
      if (stdin !== undefined && master.changedHostKey()) throw inputWithheld(target);
      const run = startMuxExec(mux, target, command, stdin);
      running.add(run);
      run.result.catch(() => {
        ending.add(run.over);
        void run.over.then(() => ending.delete(run.over));
      });
      return run.result.finally(() => running.delete(run));
    },
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
