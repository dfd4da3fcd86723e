import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pid } from 'node:process';
import { pipeline } from 'node:stream/promises';
import { inputError } from '../model/diagnostic.ts';

/**
 * Writes a file that is whole or not there.
 * @param file null for standard output
 * @param what the file's name in an error, e.g. `the report x.json`
 * @throws InputError where it cannot be written
 */
export async function writeWhole(
  file: string | null,
  pieces: Iterable<string>,
  what: string,
  hint: string,
): Promise<void> {
  try {
    if (file === null) await pipeline(pieces, process.stdout, { end: false });
    else {
      await pipeline(pieces, createWriteStream(draftName(file)));
      await rename(draftName(file), file);
    }
  } catch (cause) {
    // A reader that goes away (`--report json | head`) has read what it wanted.
    if ((cause as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw inputError(`${what} could not be written: ${words(cause)}`, hint);
  }
}

/**
 * Makes sure that a file can be written, before any host is touched. One of an earlier run is removed, so that nobody
 * takes it for this one's.
 * @throws InputError
 */
export async function makeWay(file: string, what: string): Promise<void> {
  const draft = draftName(file);
  try {
    await (await open(draft, 'wx')).close();
    await rm(draft);
    await rm(file, { force: true });
  } catch (cause) {
    throw inputError(`${what} cannot be written: ${words(cause)}`, 'check the folder');
  }
}

function words(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function draftName(file: string): string {
  return `${file}.${pid}.tmp`;
}
