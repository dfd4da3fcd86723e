import { randomBytes } from 'node:crypto';
import { createWriteStream, fstatSync } from 'node:fs';
import { lstat, open, rename, rm, stat, truncate } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { isatty } from 'node:tty';
import { shellQuote } from '../base/quote.ts';
import { inputError } from '../model/diagnostic.ts';

/**
 * Writes a file that is whole or not there. What is no plain file (a link, /dev/null, a pipe) is written to as it is.
 * @param file null for standard output, which may fail without an error here
 * @param what the file's name in an error, e.g. `the report x.json`
 * @param mode of a new file
 * @throws InputError where it cannot be written
 */
export async function writeWhole(
  file: string | null,
  pieces: Iterable<string>,
  what: string,
  hint: string,
  mode = 0o666,
): Promise<void> {
  // What became of standard output the process says at its end.
  if (file === null) {
    for (const piece of pieces) await new Promise<void>((done) => process.stdout.write(piece, () => done()));
    return;
  }
  try {
    if (await isPlain(file)) await writeDraft(file, pieces, mode);
    else await pipeline(pieces, createWriteStream(file));
  } catch (cause) {
    // A reader that goes away (`--report json | head`) has read what it wanted.
    if ((cause as NodeJS.ErrnoException).code === 'EPIPE') return;
    throw inputError(`${what} could not be written: ${unwrittenText(cause, file)}`, hint);
  }
}

/**
 * Which of the process's own streams a file is by another name: `/dev/stdout`, or where `>` sends what is printed. A
 * second opening would write over what the first has written.
 */
export async function ownStream(file: string): Promise<'standard output' | 'standard error' | null> {
  const found = await stat(file).catch(() => null);
  if (found === null) return null;
  const isSame = (fd: 1 | 2): boolean => {
    const own = fstatSync(fd);
    // All that goes to /dev/null is one device, and harms nothing.
    return own.dev === found.dev && own.ino === found.ino && (!own.isCharacterDevice() || isatty(fd));
  };
  if (isSame(1)) return 'standard output';
  return isSame(2) && found.isFile() ? 'standard error' : null;
}

/** A block of most file systems: a disk that has none is full. */
const PROBE_BYTES = 4096;

/**
 * Makes sure that a file can be written, before any host is touched; what is there stays. Devices and pipes are left
 * alone: opening a pipe would wait for its reader.
 * @throws InputError
 */
export async function checkWay(file: string, what: string): Promise<void> {
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory())
    throw inputError(`${what} cannot be written: it is a folder`, 'name a file in it');
  const folder = dirname(file);
  const above = await stat(folder).catch(() => null);
  if (above !== null && !above.isDirectory())
    throw inputError(`${what} cannot be written: ${folder} is no folder`, 'name a file in another folder');
  if (above === null)
    throw inputError(
      `${what} cannot be written: there is no folder ${folder}`,
      `make it: mkdir -p ${shellQuote(folder)}`,
    );
  await trying(file, what, async () => {
    if (!(await isPlain(file))) return;
    const draft = draftName(file);
    const handle = await open(draft, 'wx');
    try {
      // A full disk takes a name, but no bytes.
      await handle.writeFile(Buffer.alloc(PROBE_BYTES));
    } finally {
      await handle.close();
      await rm(draft, { force: true });
    }
  });
}

/**
 * {@link checkWay}; and a file of an earlier run is removed, so that nobody takes it for this one's. One that a link
 * points to is emptied.
 * @throws InputError
 */
export async function makeWay(file: string, what: string): Promise<void> {
  await checkWay(file, what);
  await trying(file, what, async () => {
    if (await isPlain(file)) await rm(file, { force: true });
    else if ((await stat(file).catch(() => null))?.isFile()) await truncate(file);
  });
}

async function trying(file: string, what: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    throw inputError(`${what} cannot be written: ${unwrittenText(cause, file)}`, 'name a file elsewhere');
  }
}

/** Why a file cannot be written. The system's own words name the draft, which nobody has asked for. */
export function unwrittenText(cause: unknown, file: string): string {
  const { code, message = String(cause) } = cause as Partial<NodeJS.ErrnoException>;
  const folder = dirname(file);
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return `permission denied; ls -ld ${shellQuote(folder)} shows who may`;
    case 'EROFS':
      return `nothing can be written in ${folder}: its file system is read-only`;
    case 'ENOENT':
      return `no file can be made in ${folder}, or it is not there any more`;
    case 'ENOTDIR':
      return `${folder} is no folder`;
    case 'EISDIR':
      return 'it is a folder';
    default:
      return message;
  }
}

async function writeDraft(file: string, pieces: Iterable<string>, mode: number): Promise<void> {
  const draft = draftName(file);
  // Opened first: a stream that ends before its file is open makes that file all the same, after it was removed.
  const handle = await open(draft, 'wx', mode);
  try {
    await pipeline(pieces, handle.createWriteStream());
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
