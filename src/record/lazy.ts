import type { Recorder } from '../engine/recorder.ts';
import type { Change } from '../model/change.ts';
import type { EndEntry } from './entry.ts';
import type { RunRecorder } from './recorder.ts';

/** The record of something that seldom writes: it begins with the first intent, so that a look alone leaves none. */
export interface LazyRecord extends Recorder {
  /** Ends the record where there is one. Never rejects. @returns what could not be recorded, in words, or '' */
  finish(entry: Omit<EndEntry, 'type' | 'at'>): Promise<string>;
}

/** @param begin is given the changes that are intended first */
export function lazyRecord(begin: (changes: readonly Change[]) => Promise<RunRecorder>): LazyRecord {
  let record: Promise<RunRecorder> | null = null;
  return {
    intend: async (changes) => {
      record ??= begin(changes);
      await (await record).intend(changes);
    },
    conclude: async (changes) => {
      await (await record)?.conclude(changes);
    },
    finish: async (entry) => {
      const open = await record?.catch(() => null);
      if (open === undefined || open === null) return '';
      const lost = await open.end(entry);
      await open.close();
      return lost;
    },
  };
}
