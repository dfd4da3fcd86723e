import { createReadStream } from 'node:fs';
import { type FileHandle, open, readdir } from 'node:fs/promises';
import { isAbsolute, join, resolve } from 'node:path';
import { inputError } from '../model/diagnostic.ts';

/** `20261126T003904123Z-1a2b3c4d.jsonl`: sorts by time. */
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{8})\.jsonl$/;

export interface StateOptions {
  /** Of the command line. */
  readonly stateDir?: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: () => string;
}

/**
 * Where the record is: what the command line says, else VIRTUNE_STATE_DIR, else `virtune` in XDG_STATE_HOME, which by
 * its specification is `~/.local/state` where it is unset, empty or no absolute path.
 * @throws InputError where no home is known
 */
export function stateFolder({ stateDir, env, home }: StateOptions): string {
  const given = stateDir ?? env.VIRTUNE_STATE_DIR;
  if (given) return resolve(given);
  const { XDG_STATE_HOME: xdg } = env;
  if (xdg && isAbsolute(xdg)) return join(xdg, 'virtune');
  try {
    const folder = home();
    if (isAbsolute(folder)) return join(folder, '.local', 'state', 'virtune');
  } catch {
    // A number without a name has none.
  }
  throw inputError('there is no home folder for the record of runs', STATE_HINT);
}

export const STATE_HINT = 'name a folder for the record with --state-dir DIR or VIRTUNE_STATE_DIR';

/** The folder of the runs' files in a state folder. */
export function runsFolder(state: string): string {
  return join(state, 'runs');
}

export function fileOf(state: string, run: string): string {
  return join(runsFolder(state), `${run}.jsonl`);
}

/** The runs that have a file, newest first; what else is in the folder is no run. None where there is no folder. */
export async function runsIn(state: string): Promise<readonly string[]> {
  let names: string[];
  try {
    names = await readdir(runsFolder(state));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw unreadable(cause);
  }
  return names
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .sort()
    .reverse();
}

/** @throws InputError where it cannot be read */
export async function* chunksOf(state: string, run: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(fileOf(state, run), { highWaterMark: 1 << 20 });
  } catch (cause) {
    throw unreadable(cause);
  }
}

function unreadable(cause: unknown): Error {
  const { code, message } = cause as NodeJS.ErrnoException;
  return code === undefined
    ? (cause as Error)
    : inputError(`the record cannot be read: ${message}`, STATE_HINT);
}

/** Makes what was done to the names in a folder last. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } catch (error) {
    // Some network file systems know no sync of folders.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle.close();
  }
}

/** The first and the last whole line of a file, and what stands after that; null for a file without a whole line. */
export interface Ends {
  readonly first: Buffer;
  readonly last: Buffer;
  readonly torn: number;
}

/**
 * Reads no more of a file than it takes, since a run may have written a great deal.
 * @throws InputError where it cannot be read
 */
export async function endsOf(state: string, run: string): Promise<Ends | null> {
  const handle = await open(fileOf(state, run), 'r').catch((cause: unknown) => {
    throw unreadable(cause);
  });
  try {
    const { size } = await handle.stat();
    const first = await grow(
      size,
      (length) => piece(handle, 0, length),
      (bytes) => bytes.indexOf(10) >= 0,
    );
    const head = first.indexOf(10);
    if (head < 0) return null;
    const tail = await grow(
      size,
      (length) => piece(handle, size - length, length),
      (bytes) => bytes.lastIndexOf(10, bytes.lastIndexOf(10) - 1) >= 0,
    );
    const end = tail.lastIndexOf(10);
    // Within the first line there is no line break before it.
    const begin = end === 0 ? 0 : tail.lastIndexOf(10, end - 1) + 1;
    return { first: first.subarray(0, head), last: tail.subarray(begin, end), torn: tail.length - end - 1 };
  } finally {
    await handle.close();
  }
}

const FIRST_PIECE = 1 << 16;

async function grow(
  size: number,
  read: (length: number) => Promise<Buffer>,
  enough: (bytes: Buffer) => boolean,
): Promise<Buffer> {
  for (let length = Math.min(size, FIRST_PIECE); ; length = Math.min(size, length * 8)) {
    const bytes = await read(length);
    if (length === size || enough(bytes)) return bytes;
  }
}

async function piece(handle: FileHandle, from: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await handle.read(bytes, done, length - done, from + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}
