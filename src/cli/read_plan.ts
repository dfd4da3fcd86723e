import { createReadStream } from 'node:fs';
import { InputError } from '../model/diagnostic.ts';
import { looksLikePlan, planReader, type SavedPlan } from '../plan/file.ts';
import { unreadFile } from '../project/files.ts';

/** Reads a saved plan. @throws InputError for what cannot be read, is no plan, or is not as it was made */
export async function readPlan(file: string): Promise<SavedPlan> {
  const reader = planReader(file);
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 })) reader.add(piece);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw await unreadFile(cause, file, 'saved plan');
  }
  return reader.end();
}

/** Whether a file is a saved plan, by its beginning; what cannot be read is none. */
export async function isPlan(file: string): Promise<boolean> {
  try {
    for await (const piece of createReadStream(file, { end: 63 })) return looksLikePlan(piece);
  } catch {
    // Whoever reads it says why it cannot be read.
  }
  return false;
}
