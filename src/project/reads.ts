import { AsyncLocalStorage } from 'node:async_hooks';
import { readdirSync, type Stats, statSync } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/** What files and folders were when they were read, by their paths: words that are others once they have changed. */
export type Reads = ReadonlyMap<string, string>;

const reading = new AsyncLocalStorage<Map<string, string>>();

/**
 * Whatever is read of users' files while this goes on is added, also by work that fails. What was looked for and is not
 * there counts, too: it may come.
 */
export function collectReads<T>(into: Map<string, string>, work: () => Promise<T>): Promise<T> {
  return reading.run(into, work);
}

/** Before a file or a folder is read. The first time counts: what changes after that was perhaps not seen. */
export function noteRead(path: string): void {
  const into = reading.getStore();
  const whole = resolve(path);
  if (into === undefined || into.has(whole)) return;
  const about = statSync(whole, { throwIfNoEntry: false });
  into.set(whole, wordsFor(about, about?.isDirectory() ? readdirSync(whole) : []));
}

/** What has changed, in words that are the same as long as nothing more does; '' for nothing. */
export async function changedSince(reads: Reads): Promise<string> {
  const now = await Promise.all(
    [...reads].map(async ([path, before]) => {
      const about = await stat(path).catch(() => undefined);
      const words = wordsFor(about, about?.isDirectory() ? await readdir(path).catch(() => []) : []);
      return words === before ? [] : [`${path} ${words}`];
    }),
  );
  return now.flat().join('\n');
}

/** An editor puts another file in place, a checkout writes it anew, perhaps of the same size within a second. */
function wordsFor(about: Stats | undefined, names: readonly string[]): string {
  if (about === undefined) return 'absent';
  if (about.isDirectory()) return JSON.stringify(names.filter((name) => !/^[.]|~$/.test(name)).sort());
  // A pipe or a device is another each time.
  if (!about.isFile()) return 'other';
  return [about.ino, about.size, about.mtimeMs, about.ctimeMs].join(' ');
}
