import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { access, open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { killTree } from './kill_tree.ts';

export type ProgramResult =
  | { readonly ok: true; readonly stdout: Buffer; readonly stderr: string }
  /** A sentence's end, such as `ended with status 1`. */
  | { readonly ok: false; readonly message: string; readonly status: number | null; readonly stderr: string };

export interface ProgramLimits {
  readonly milliseconds: number;
  readonly bytes: number;
}

/** True for a file that may be executed. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * True for a file that is a program: it may be executed, and it begins as scripts or programs of this system do. What
 * else may be executed would be run as a shell script, a list of hosts or a password as commands; and on some file
 * systems every file may be.
 */
export async function isProgram(path: string): Promise<boolean> {
  try {
    if (!(await isExecutable(path))) return false;
    await using file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
    const start = buffer.subarray(0, bytesRead).toString('latin1');
    return start.startsWith('#!') || start === '\x7fELF';
  } catch {
    return false;
  }
}

const MAX_STDERR = 4000;

/**
 * Runs a file for which {@link isProgram} holds, without a shell and with nothing on its standard input, and takes what it prints. It is
 * killed when it takes too long or prints too much.
 */
export function runProgram(
  path: string,
  args: readonly string[],
  limits: ProgramLimits,
): Promise<ProgramResult> {
  return new Promise((settle) => {
    const child = spawn(resolve(path), args, { stdio: ['ignore', 'pipe', 'pipe'], shell: false });
    const chunks: Buffer[] = [];
    let bytes = 0;
    let stderr = '';
    let done = false;
    const end = (result: ProgramResult) => {
      if (done) return;
      done = true;
      clearTimeout(timer);
      // A number may be another's by now where it has ended.
      if (child.exitCode === null && child.signalCode === null && child.pid !== undefined)
        killTree(child.pid);
      // What it has started may still hold the pipes: nobody waits for that.
      child.stdout.destroy();
      child.stderr.destroy();
      settle(result);
    };
    const fail = (message: string, status: number | null = null) =>
      end({ ok: false, message, status, stderr: stderr.trim() });
    const timer = setTimeout(
      () => fail(`took longer than ${limits.milliseconds / 1000} seconds`),
      limits.milliseconds,
    );
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes > limits.bytes) fail(`printed more than ${Math.floor(limits.bytes / 1024 / 1024)} MiB`);
      else chunks.push(chunk);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      // What it said last says why it failed.
      stderr = (stderr + chunk.toString('utf8')).slice(-MAX_STDERR);
    });
    child.on('error', (error: NodeJS.ErrnoException) =>
      fail(`could not be started (${error.code ?? error.message})`),
    );
    child.on('close', (status, signal) => {
      if (status === 0) end({ ok: true, stdout: Buffer.concat(chunks), stderr: stderr.trim() });
      else fail(signal === null ? `ended with status ${status}` : `was killed (${signal})`, status);
    });
  });
}

/** What a program said on its standard error, for the end of a message. */
export function said(stderr: string): string {
  return stderr === '' ? ', without a word on standard error' : `: ${stderr}`;
}
