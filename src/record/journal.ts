import type { FileHandle } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Entry } from './entry.ts';
import { sealed } from './line.ts';

/** Appends entries to a file of which this process is the only writer. */
export interface Journal {
  /**
   * Resolves once the entry is on the disk. Entries that come while others are being written go to the disk together,
   * so that many hosts at once cost few syncs.
   * @throws where it cannot be written; the file is then as it was before, and the next one may fit again
   */
  append(entry: Entry): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly entry: Entry;
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

type File = Pick<FileHandle, 'write' | 'datasync' | 'truncate' | 'close'>;

/** @param seed the hash that the first line follows */
export function openJournal(file: File, seed: string): Journal {
  let hash = seed;
  let size = 0;
  let waiting: Waiting[] = [];
  let writing: Promise<void> | null = null;
  let dead: unknown = null;

  /** Adds lines, one after the other, so that whoever reads meanwhile sees no line that goes again. */
  const write = async (batch: readonly Waiting[]): Promise<void> => {
    const written: Waiting[] = [];
    let failure: unknown = dead;
    for (const one of batch) {
      if (failure !== null) break;
      const next = sealed(hash, one.entry);
      const bytes = Buffer.from(next.line);
      try {
        await writeAll(file, bytes);
        hash = next.hash;
        size += bytes.length;
        written.push(one);
      } catch (error) {
        failure = error;
        // A part of a line would break the chain for those after it.
        await file.truncate(size).catch(() => {
          dead = error;
        });
      }
    }
    if (written.length > 0)
      await file.datasync().catch((error: unknown) => {
        // What is on the disk after that is not known, and a second sync would not tell either.
        dead = error;
        failure = error;
        written.length = 0;
      });
    for (const one of batch) {
      if (written.includes(one)) one.done();
      else one.failed(failure);
    }
  };

  const drain = async (): Promise<void> => {
    // Those that are ready at the same time come along.
    await setImmediate();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await write(batch);
    }
    writing = null;
  };

  return {
    append: (entry) =>
      new Promise((done, failed) => {
        waiting.push({ entry, done, failed });
        writing ??= drain();
      }),
    close: async () => {
      await writing;
      await file.close();
    },
  };
}

async function writeAll(file: File, bytes: Buffer): Promise<void> {
  for (let from = 0; from < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, from, bytes.length - from);
    if (bytesWritten === 0) throw new Error('nothing of it was written');
    from += bytesWritten;
  }
}
