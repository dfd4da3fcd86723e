import { createReadStream } from 'node:fs';
import { resolve } from 'node:path';
import { InputError, inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import { unreadFile } from '../project/files.ts';
import { reportReader } from '../reporters/read/json.ts';
import { isPlan, readPlan } from './read_plan.ts';

/** Reads a JSON report of an earlier run, or the one in a saved plan. @throws InputError for what cannot be read, and what is no report */
export async function readReport(file: string): Promise<RunResult> {
  if (await isPlan(file)) return (await readPlan(file)).result;
  const reader = reportReader(file);
  try {
    for await (const piece of createReadStream(file, { highWaterMark: 256 * 1024 })) reader.add(piece);
  } catch (cause) {
    if (cause instanceof InputError) throw cause;
    throw await unreadFile(cause, file, 'report');
  }
  return reader.end();
}

/**
 * A report that is written makes way first: one that was read would be gone where the command then fails.
 * @param words those of `--report`
 * @throws InputError where one of the files that are read would be written
 */
export function keepFromWriting(read: readonly string[], words: readonly string[] = []): void {
  const sources = new Set(read.map((file) => resolve(file)));
  for (const word of words) {
    const file = word.slice(word.indexOf('=') + 1);
    if (word.includes('=') && sources.has(resolve(file)))
      throw inputError(`${file} is read: a report cannot go there as well`, 'give the report another name');
  }
}
