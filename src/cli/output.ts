import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isatty, type WriteStream } from 'node:tty';
import { EXIT } from '../engine/exit_code.ts';
import { guardCommands, logTakesCommands } from './ci_commands.ts';

/** A standard stream that did not take all that was written to it. */
export interface Loss {
  readonly stream: WriteStream;
  /** `standard output could not be written: ENOSPC: no space left on device, write` */
  readonly text: string;
}

/** One process has one standard output and one standard error, so what became of them is the module's own state. */
const losses: Loss[] = [];
const hungUp = new AbortController();

/** Fires when a terminal that is written to is gone. */
export const terminalGone: AbortSignal = hungUp.signal;

/**
 * Lets the process live on when its standard streams fail. A reader that goes away (`virtune show | head`) has read
 * what it wanted. A full disk is a loss, but no reason to leave hosts in the middle of a change.
 */
export function guardOutput(): void {
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  guard(process.stdout, 1, 'standard output');
  guard(process.stderr, 2, 'standard error');
  if (logTakesCommands(process.env))
    for (const stream of [process.stdout, process.stderr]) guardCommands(stream);
  // Node ends by giving terminals their settings back, and with SIGABRT where one takes none (ResetStdio in its
  // node.cc). What is closed it leaves alone.
  process.on('exit', () => {
    for (const fd of terminals) if (!isatty(fd)) closeSync(fd);
  });
}

function guard(stream: WriteStream, fd: number, name: string): void {
  if (fstatSync(fd).isFile()) writeWholePieces(stream, fd);
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') return;
    if (!losses.some((loss) => loss.stream === stream))
      losses.push({ stream, text: `${name} could not be written: ${error.message}` });
    if (stream.isTTY && error.code === 'EIO') hungUp.abort();
  });
}

/** Node takes a write to a file for done where a disk that fills up took only the first part of it. */
function writeWholePieces(stream: WriteStream, fd: number): void {
  stream._write = (chunk: Buffer, _encoding, done) => {
    try {
      for (let from = 0; from < chunk.length; ) from += writeSync(fd, chunk, from);
      done();
    } catch (error) {
      done(error as Error);
    }
  };
}

/** What was lost so far: all that was written before has been taken or turned down then. */
export async function lostOutput(): Promise<readonly Loss[]> {
  for (const stream of [process.stdout, process.stderr])
    await new Promise<void>((done) => void stream.write('', () => done()));
  return losses;
}

/** What is lost must not pass for a run that found everything in order. */
export function exitAfterLoss(status: number, lost: readonly Loss[]): number {
  return lost.length > 0 && status === EXIT.ok ? EXIT.input : status;
}
