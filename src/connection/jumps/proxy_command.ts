import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex } from 'node:stream';
import { lastLine } from '../../base/text.ts';
import { ConnectionError, type ConnectionTarget } from '../connection.ts';
import type { Shared } from '../shared.ts';
import type { Opening } from '../stream.ts';

const LAST_WORDS_MS = 300;

/** What of a proxy command's complaints is kept for the message. */
const COMPLAINT_BYTES = 2_000;

/** None may outlive the run. */
function running(shared: Shared): Set<ChildProcess> {
  const children = new Set<ChildProcess>();
  shared.onClose(() => {
    for (const child of children) end(child);
  });
  return children;
}

/**
 * Starts a ProxyCommand as OpenSSH does: by the user's shell, which is replaced by it. What it says on standard error
 * is shown only when the connection fails.
 */
export function openProxyCommand(
  shared: Shared,
  target: ConnectionTarget & { readonly proxyCommand: string },
): Opening {
  const shell = process.env.SHELL || '/bin/sh';
  const child = spawn(shell, ['-c', `exec ${target.proxyCommand}`], {
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  });
  let complaint = '';
  const failed = new Promise<never>((_, reject) => {
    child.once('error', (error) => reject(proxyError(target, error.message)));
    child.once('exit', (code, signal) => {
      const tell = (): void => {
        const said = lastLine(complaint).slice(0, 200);
        // As `nc` ends when the host hangs up: the connection itself says how far it had come.
        if (said !== '' || code !== 0)
          reject(proxyError(target, said || `it ended with ${signal ?? `status ${code}`}`));
      };
      // What it said last may still be on its way; what it started may hold the pipe open.
      child.stderr?.once('close', tell);
      setTimeout(tell, LAST_WORDS_MS).unref();
    });
  });
  failed.catch(() => {});
  const { stdin, stdout, stderr } = child;
  // Without a file left to open there are none, whatever the types say; the error comes by itself.
  if (!stdout || !stdin || !stderr) return { stream: failed, destroy: () => {} };
  const children = shared.the(running);
  children.add(child);
  child.once('exit', () => children.delete(child));
  stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-COMPLAINT_BYTES);
  });
  const stream = Duplex.from({ readable: stdout, writable: stdin });
  stream.on('error', () => {});
  for (const end of [stdin, stdout, stderr]) end.on('error', () => {});
  const started = new Promise<Duplex>((resolve) => child.once('spawn', () => resolve(stream)));
  return {
    stream: Promise.race([started, failed]),
    destroy: () => {
      stream.destroy();
      end(child);
    },
    // ssh2 has written its farewell: the end of input lets the command end too.
    finish: () => {
      stream.end();
      child.unref();
      for (const pipe of child.stdio) (pipe as { unref?: () => void } | null)?.unref?.();
    },
    failed,
  };
}

function proxyError(
  target: ConnectionTarget & { readonly proxyCommand: string },
  detail: string,
): ConnectionError {
  return new ConnectionError(
    'proxy_command',
    `the ProxyCommand of ${target.host} did not reach it: ${detail}`,
    // The rest of it may hold a password: sshpass -p.
    `it begins with: ${target.proxyCommand.trim().split(/\s/, 1)[0]}`,
  );
}

/** The command with all that it started. */
function end(child: ChildProcess): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, 'SIGTERM');
  } catch {
    // It ended by itself.
  }
}
