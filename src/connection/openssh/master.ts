import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lastLine } from '../../base/text.ts';
import { abortError, onceAborted } from '../abort.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import { keyFileError } from '../keys/key_errors.ts';
import { readKeyFile } from '../keys/key_files.ts';
import type { Clock } from '../keys/passphrases.ts';
import { type Login, newLogin } from '../login.ts';
import { privateDir } from '../private_dir.ts';
import type { Shared } from '../shared.ts';
import { connectTimeout } from '../ssh_deadlines.ts';
import { hostPort } from '../ssh_errors.ts';
import { JUMP_SOCKET, JUMP_TO, masterArguments, READY_WORD } from './args.ts';
import { type Askpass, openAskpass } from './askpass.ts';
import { opensshError } from './errors.ts';

/** An ssh of the system that has logged in and serves others over its control socket. */
export interface OpensshMaster extends Login {
  readonly socket: string;
  /** Whether the host showed another key than the known one, and StrictHostKeyChecking is off. */
  readonly changedHostKey: () => boolean;
}

/** In what OpenSSH says of a changed key, whether it goes on or not. */
const CHANGED_KEY = 'REMOTE HOST IDENTIFICATION HAS CHANGED';

/** What ssh says that is kept for the message. */
const COMPLAINT_BYTES = 8_000;

/** The masters of a run: none may outlive it. */
function masters(shared: Shared): { count: number; readonly alive: Set<ChildProcess> } {
  const alive = new Set<ChildProcess>();
  shared.onClose(() => {
    for (const master of alive) endMaster(master);
  });
  return { count: 0, alive };
}

/**
 * Logs in with the system's ssh.
 * @param jumpSocket control socket of the login to the jump host, where there is one
 * @param signal ends the login and later the connection, at any time of its life
 * @throws ConnectionError
 */
export async function openMaster(
  shared: Shared,
  target: ConnectionTarget,
  jumpSocket: string | undefined,
  signal: AbortSignal | undefined,
): Promise<OpensshMaster> {
  if (signal?.aborted) throw abortError(signal, `the connection to ${target.host} was given up`);
  const named = target.privateKeyFile === undefined ? null : readKeyFile(shared, target.privateKeyFile);
  // Of one that is there, ssh itself knows best.
  if (named?.kind === 'missing' && !existsSync(`${target.privateKeyFile}.pub`))
    throw keyFileError(target.host, named);
  const number = ++shared.the(masters).count;
  const clock: Clock = { stop: () => {}, start: () => {} };
  const askpass = await openAskpass(shared, target, number, {
    stop: () => clock.stop(),
    start: () => clock.start(),
  });
  const through = jumpSocket === undefined ? {} : { [JUMP_SOCKET]: jumpSocket, [JUMP_TO]: hostPort(target) };
  try {
    const socket = join(shared.the(privateDir), `c${number}`);
    const { alive } = shared.the(masters);
    return await logIn(target, socket, { ...askpass, clock, through, alive }, signal);
  } finally {
    askpass.close();
  }
}

/** What a login has beside its target. */
interface Helpers extends Askpass {
  /** Where it is kept as long as it lives. */
  readonly alive: Set<ChildProcess>;
  /** Environment of the way through the jump host. */
  readonly through: Readonly<Record<string, string>>;
  /** Filled by the login. */
  readonly clock: { -readonly [Name in keyof Clock]: Clock[Name] };
}

function logIn(
  target: ConnectionTarget,
  socket: string,
  { env, through, clock, gavePassword, alive }: Helpers,
  signal: AbortSignal | undefined,
): Promise<OpensshMaster> {
  const master = spawn('ssh', masterArguments(target, socket, JUMP_SOCKET in through), {
    // Its input is that of the shell which ends it when virtune is gone.
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, ...env, ...through },
    // Away from the terminal, whose Ctrl-C is virtune's to handle.
    detached: true,
  });
  alive.add(master);
  master.once('close', () => {
    alive.delete(master);
    // One that was killed has left it.
    rmSync(socket, { force: true });
  });
  master.stdin?.on('error', () => {});
  let [stdout, stderr] = ['', ''];
  let changed = false;
  return new Promise((resolve, reject) => {
    const login = newLogin((error) => {
      clearTimeout(deadline);
      forget();
      endMaster(master);
      reject(error);
    });
    const { end, ended } = login;
    const forget = onceAborted(signal, () =>
      end(abortError(signal, `the connection to ${target.host} was given up`)),
    );
    const { connectTimeoutMs, handshakeTimeoutMs, authTimeoutMs } = target;
    const limit =
      connectTimeoutMs + (handshakeTimeoutMs ?? connectTimeoutMs) + (authTimeoutMs ?? connectTimeoutMs);
    const tooLate = (): void => end(connectTimeout(target, 'auth', '', limit));
    let deadline = setTimeout(tooLate, limit);
    let ready = false;
    clock.stop = () => clearTimeout(deadline);
    clock.start = () => {
      clearTimeout(deadline);
      if (!ready && ended() === undefined) deadline = setTimeout(tooLate, limit);
    };
    master.once('error', (error: NodeJS.ErrnoException) => end(noSsh(target, error)));
    // Without a file left to open there are no pipes, whatever the types say; the error comes by itself.
    if (!master.stderr || !master.stdout) return;
    master.stderr.on('data', (chunk: Buffer) => {
      changed ||= chunk.includes(CHANGED_KEY);
      stderr = (stderr + chunk.toString('utf8')).slice(-COMPLAINT_BYTES);
    });
    master.stdout.on('data', (chunk: Buffer) => {
      if (ready) return;
      stdout += chunk.toString('utf8');
      if (!stdout.includes(READY_WORD) || ended()) return;
      ready = true;
      clearTimeout(deadline);
      resolve({ ...login, socket, changedHostKey: () => changed });
    });
    master.once('close', (code) =>
      end(ready ? lost(target, stderr) : opensshError(target, stderr, code, gavePassword())),
    );
  });
}

/** A login that had succeeded may well succeed once more. */
function lost(target: ConnectionTarget, stderr: string): ConnectionError {
  const last = lastLine(stderr).replace(/\.$/, '');
  const why = last === '' ? '' : `: ${last}`;
  return new ConnectionError('closed', `the connection to ${target.host} was lost${why}`, undefined, true);
}

/** ssh leaves politely at SIGTERM and removes its socket. */
function endMaster(master: ChildProcess): void {
  master.stdin?.end('bye\n');
  master.kill('SIGTERM');
  master.unref();
  for (const pipe of [master.stdin, master.stdout, master.stderr])
    (pipe as unknown as { unref?: () => void } | undefined)?.unref?.();
}

function noSsh(target: ConnectionTarget, error: NodeJS.ErrnoException): ConnectionError {
  return new ConnectionError(
    'no_openssh',
    `${target.host} needs the system's ssh, which could not be started (${error.code ?? error.message})`,
    'install an OpenSSH client, or use ansible_connection: ssh',
  );
}
