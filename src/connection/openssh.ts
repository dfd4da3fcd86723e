import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { abortError, onceAborted } from './abort.ts';
import { type Askpass, openAskpass } from './askpass.ts';
import { type Connection, ConnectionError, type ConnectionTarget, type ExecResult } from './connection.ts';
import { watchOutput } from './exec_output.ts';
import { keyFileError } from './key_errors.ts';
import { readKeyFile } from './key_files.ts';
import { execArguments, masterArguments, READY_WORD } from './openssh_args.ts';
import { opensshError } from './openssh_errors.ts';
import { privateDir } from './private_dir.ts';
import { connectTimeout } from './ssh_deadlines.ts';

/** What ssh says that is kept for the message. */
const COMPLAINT_BYTES = 8_000;
/** A command that ends with 255 may have lost its connection: how long that may take to show. */
const GONE_MS = 500;

let count = 0;

/** None may outlive virtune, however that ends. */
const masters = new Set<ChildProcess>();
process.on('exit', () => {
  for (const master of masters) master.kill('SIGTERM');
});

/**
 * Connects with the system's ssh: one process logs in and keeps the connection, each command is a short one more over
 * its socket. For what virtune's own client can't do; costs some 15 ms a command.
 * @throws ConnectionError
 */
export async function connectOpenSsh(target: ConnectionTarget, signal?: AbortSignal): Promise<Connection> {
  if (signal?.aborted) throw abortError(signal, `the connection to ${target.host} was given up`);
  const named = target.privateKeyFile === undefined ? null : readKeyFile(target.privateKeyFile);
  // Of one that is there, ssh itself knows best.
  if (named?.kind === 'missing') throw keyFileError(target.host, named);
  const number = ++count;
  const socket = join(privateDir(), `c${number}`);
  const askpass = await openAskpass(target, number);
  try {
    return await logIn(target, socket, askpass, signal);
  } finally {
    askpass.close();
  }
}

function logIn(
  target: ConnectionTarget,
  socket: string,
  askpass: Askpass,
  signal: AbortSignal | undefined,
): Promise<Connection> {
  const master = spawn('ssh', masterArguments(target, socket, true), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...askpass.env },
    // Away from the terminal, whose Ctrl-C is virtune's to handle.
    detached: true,
  });
  masters.add(master);
  master.once('close', () => masters.delete(master));
  const running = new Set<(error: ConnectionError) => void>();
  let [stdout, stderr] = ['', ''];
  let ended: ConnectionError | undefined;
  return new Promise((resolve, reject) => {
    const end = (error: ConnectionError): void => {
      if (ended) return;
      ended = error;
      clearTimeout(deadline);
      forget();
      for (const abandon of running) abandon(error);
      endMaster(master);
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
      const exec = (command: string, stdin?: string) =>
        runCommand(target, socket, command, stdin, running, () => ended);
      resolve({
        exec,
        close: () => end(new ConnectionError('closed', `the connection to ${target.host} is closed`)),
      });
    });
    master.once('error', (error: NodeJS.ErrnoException) => end(noSsh(target, error)));
    master.once('close', (code) =>
      end(
        ready
          ? new ConnectionError(
              'closed',
              `the connection to ${target.host} was lost: ${stderr.trim().split('\n').at(-1) ?? ''}`,
              undefined,
              true,
            )
          : opensshError(target, stderr, code),
      ),
    );
  });
}

function runCommand(
  target: ConnectionTarget,
  socket: string,
  command: string,
  stdin: string | undefined,
  running: Set<(error: ConnectionError) => void>,
  ended: () => ConnectionError | undefined,
): Promise<ExecResult> {
  return new Promise((resolve, reject) => {
    const gone = ended();
    if (gone) return reject(gone);
    const child = spawn('ssh', execArguments(target, socket, command), {
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    const abandon = (error: ConnectionError): void => {
      output.stop();
      running.delete(abandon);
      child.kill('SIGTERM');
      reject(error);
    };
    const output = watchOutput(target, abandon);
    running.add(abandon);
    child.stdout.on('data', output.stdout);
    child.stderr.on('data', output.stderr);
    child.stdin.on('error', () => {});
    child.stdin.end(stdin);
    child.once('error', (error: NodeJS.ErrnoException) => abandon(noSsh(target, error)));
    child.once('close', (code) => {
      output.stop();
      const settle = (): void => {
        if (!running.delete(abandon)) return;
        const result = output.result(code);
        // Its own complaint, and the only case in which 255 is not the command's.
        if (code === 255 && /^mux_client_request_session|^Control socket connect/m.test(result.stderr))
          reject(notStarted(target, result.stderr));
        else resolve(result);
      };
      if (code !== 255) settle();
      // When the connection goes, its end and the command's come in any order.
      else setTimeout(settle, GONE_MS);
    });
  });
}

/** ssh leaves politely at SIGTERM and removes its socket. */
function endMaster(master: ChildProcess): void {
  master.kill('SIGTERM');
  master.unref();
  for (const pipe of [master.stdout, master.stderr]) (pipe as unknown as { unref?: () => void }).unref?.();
}

function notStarted(target: ConnectionTarget, stderr: string): ConnectionError {
  return new ConnectionError(
    'closed',
    `${target.host} did not start the command: ${stderr.trim().split('\n')[0]}`,
    'its sshd may limit sessions (MaxSessions), or forbid commands',
  );
}

function noSsh(target: ConnectionTarget, error: NodeJS.ErrnoException): ConnectionError {
  return new ConnectionError(
    'no_openssh',
    `${target.host} needs the system's ssh, which could not be started (${error.code ?? error.message})`,
    'install an OpenSSH client, or use ansible_connection: ssh',
  );
}
