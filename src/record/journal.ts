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

  const write = async (batch: readonly Waiting[]): Promise<void> => {
    if (dead !== null) throw dead;
    let last = hash;
    const lines = batch.map(({ entry }) => {
      const next = sealed(last, entry);
      last = next.hash;
      return next.line;
    });
    const bytes = Buffer.from(lines.join(''));
    try {
      for (let from = 0; from < bytes.length; )
        from += (await file.write(bytes, from, bytes.length - from)).bytesWritten;
    } catch (error) {
      // A part of a line would break the chain for those after it.
      await file.truncate(size).catch(() => {
        dead = error;
      });
      throw error;
    }
    try {
      await file.datasync();
    } catch (error) {
      // What is on the disk after that is not known, and a second sync would not tell either.
      dead = error;
      throw error;
    }
    size += bytes.length;
    hash = last;
  };

  const drain = async (): Promise<void> => {
    // Those that are ready at the same time come along.
    await setImmediate();
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        await write(batch);
        for (const { done } of batch) done();
      } catch (error) {
        for (const { failed } of batch) failed(error);
      }
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
