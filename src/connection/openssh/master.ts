import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { abortError, onceAborted } from '../abort.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import type { Login } from '../jumps/shared_logins.ts';
import { keyFileError } from '../keys/key_errors.ts';
import { readKeyFile } from '../keys/key_files.ts';
import { privateDir } from '../private_dir.ts';
import { connectTimeout } from '../ssh_deadlines.ts';
import { hostPort } from '../ssh_errors.ts';
import { JUMP_SOCKET, JUMP_TO, masterArguments, READY_WORD } from './args.ts';
import { openAskpass } from './askpass.ts';
import { opensshError } from './errors.ts';

/** An ssh of the system that has logged in and serves others over its control socket. */
export interface OpensshMaster extends Login {
  readonly socket: string;
}

/** What ssh says that is kept for the message. */
const COMPLAINT_BYTES = 8_000;

let count = 0;

/** None may outlive virtune, however that ends. */
const masters = new Set<ChildProcess>();
process.on('exit', () => {
  for (const master of masters) master.kill('SIGTERM');
});

/**
 * Logs in with the system's ssh.
 * @param jumpSocket control socket of the login to the jump host, where there is one
 * @param signal ends the login and later the connection, at any time of its life
 * @throws ConnectionError
 */
export async function openMaster(
  target: ConnectionTarget,
  jumpSocket: string | undefined,
  signal: AbortSignal | undefined,
): Promise<OpensshMaster> {
  if (signal?.aborted) throw abortError(signal, `the connection to ${target.host} was given up`);
  const named = target.privateKeyFile === undefined ? null : readKeyFile(target.privateKeyFile);
  // Of one that is there, ssh itself knows best.
  if (named?.kind === 'missing') throw keyFileError(target.host, named);
  const number = ++count;
  const askpass = await openAskpass(target, number);
  const through = jumpSocket === undefined ? {} : { [JUMP_SOCKET]: jumpSocket, [JUMP_TO]: hostPort(target) };
  try {
    return await logIn(target, join(privateDir(), `c${number}`), { ...askpass.env, ...through }, signal);
  } finally {
    askpass.close();
  }
}

function logIn(
  target: ConnectionTarget,
  socket: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal | undefined,
): Promise<OpensshMaster> {
  const master = spawn('ssh', masterArguments(target, socket, JUMP_SOCKET in env), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...env },
    // Away from the terminal, whose Ctrl-C is virtune's to handle.
    detached: true,
  });
  masters.add(master);
  master.once('close', () => {
    masters.delete(master);
    // One that was killed has left it.
    rmSync(socket, { force: true });
  });
  const listeners: ((error: ConnectionError) => void)[] = [];
  let [stdout, stderr] = ['', ''];
  let ended: ConnectionError | undefined;
  return new Promise((resolve, reject) => {
    const end = (error: ConnectionError): void => {
      if (ended) return;
      ended = error;
      clearTimeout(deadline);
      forget();
      endMaster(master);
      for (const tell of listeners) tell(error);
      reject(error);
    };
    const forget = onceAborted(signal, () =>
      end(abortError(signal, `the connection to ${target.host} was given up`)),
    );
    const { connectTimeoutMs, handshakeTimeoutMs, authTimeoutMs } = target;
    const limit =
      connectTimeoutMs + (handshakeTimeoutMs ?? connectTimeoutMs) + (authTimeoutMs ?? connectTimeoutMs);
    const deadline = setTimeout(() => end(connectTimeout(target, 'auth', '', limit)), limit);
    let ready = false;
    master.stderr.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString('utf8')).slice(-COMPLAINT_BYTES);
    });
    master.stdout.on('data', (chunk: Buffer) => {
      if (ready) return;
      stdout += chunk.toString('utf8');
      if (!stdout.includes(READY_WORD) || ended) return;
      ready = true;
      clearTimeout(deadline);
      resolve({ socket, end, ended: () => ended, onEnd: (callback) => void listeners.push(callback) });
    });
    master.once('error', (error: NodeJS.ErrnoException) => end(noSsh(target, error)));
    master.once('close', (code) => end(ready ? lost(target, stderr) : opensshError(target, stderr, code)));
  });
}

/** A login that had succeeded may well succeed once more. */
function lost(target: ConnectionTarget, stderr: string): ConnectionError {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  const why = last === '' ? '' : `: ${last}`;
  return new ConnectionError('closed', `the connection to ${target.host} was lost${why}`, undefined, true);
}

/** ssh leaves politely at SIGTERM and removes its socket. */
function endMaster(master: ChildProcess): void {
  master.kill('SIGTERM');
  master.unref();
  for (const pipe of [master.stdout, master.stderr]) (pipe as unknown as { unref?: () => void }).unref?.();
}

function noSsh(target: ConnectionTarget, error: NodeJS.ErrnoException): ConnectionError {
  return new ConnectionError(
    'no_openssh',
    `${target.host} needs the system's ssh, which could not be started (${error.code ?? error.message})`,
    'install an OpenSSH client, or use ansible_connection: ssh',
  );
}
