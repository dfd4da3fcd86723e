import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { localUser } from '../api/local_user.ts';
import { inputError } from '../model/diagnostic.ts';
import type { PlanHead } from '../plan/head.ts';

/**
 * Marks a plan as applied, in the folder of the record: of two that apply it at once, one does.
 * @returns takes the mark away, where nothing came of it
 * @throws InputError where it was applied before, or cannot be marked
 */
export async function spend(state: string, { id }: PlanHead, file: string): Promise<() => Promise<void>> {
  const folder = join(state, 'applied');
  // The id is a text of the file.
  const mark = join(folder, id.replaceAll(/[^A-Za-z0-9-]/g, '_').slice(0, 100));
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const made = await open(mark, 'wx', 0o600);
    try {
      await made.writeFile(`${new Date().toISOString()} by ${localUser(process.env)}\n`);
      await made.datasync();
    } finally {
      await made.close();
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST')
      throw inputError(
        `${file} cannot be marked as applied: ${(cause as Error).message}`,
        'check --state-dir',
      );
    const when = (await readFile(mark, 'utf8').catch(() => '')).trim();
    throw inputError(
      `${file} was applied already${when === '' ? '' : `: ${when}`}`,
      'make a new plan; virtune history tells what became of this one',
    );
  }
  return () => rm(mark, { force: true });
}
