import { randomBytes } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { lstat, open, rename, rm, stat, truncate } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { inputError } from '../model/diagnostic.ts';

/**
 * Writes a file that is whole or not there. What is no plain file (a link, /dev/null, a pipe) is written to as it is.
 * @param file null for standard output, which may fail without an error here
 * @param what the file's name in an error, e.g. `the report x.json`
 * @throws InputError where it cannot be written
 */
export async function writeWhole(
  file: string | null,
  pieces: Iterable<string>,
  what: string,
  hint: string,
): Promise<void> {
  // What became of standard output the process says at its end.
  if (file === null) {
    for (const piece of pieces) await new Promise<void>((done) => process.stdout.write(piece, () => done()));
    return;
  }
  try {
    if (await isPlain(file)) await writeDraft(file, pieces);
    else await pipeline(pieces, createWriteStream(file));
  } catch (cause) {
    // A reader that goes away (`--report json | head`) has read what it wanted.
    if ((cause as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw inputError(`${what} could not be written: ${words(cause)}`, hint);
  }
}

/**
 * Makes sure that a file can be written, before any host is touched. One of an earlier run is removed, so that nobody
 * takes it for this one's; one that a link points to is emptied. Devices and pipes are left alone.
 * @throws InputError
 */
export async function makeWay(file: string, what: string): Promise<void> {
  try {
    if (!(await isPlain(file))) {
      const target = await stat(file).catch(() => null);
      // Opening a pipe would wait for its reader.
      if (target?.isFile()) await truncate(file);
      return;
    }
    const draft = draftName(file);
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

async function writeDraft(file: string, pieces: Iterable<string>): Promise<void> {
  const draft = draftName(file);
  try {
    await pipeline(pieces, createWriteStream(draft, { flags: 'wx' }));
    await rename(draft, file);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Whether a file may be replaced by another: one that is none yet, too. A folder is told by the attempt. */
async function isPlain(file: string): Promise<boolean> {
  const found = await lstat(file).catch(() => null);
  return found === null || found.isFile() || found.isDirectory();
}

/** Random: in a container each run may have the number of the one before, and that one may have been killed. */
function draftName(file: string): string {
  return `${file}.${randomBytes(6).toString('hex')}.tmp`;
}
