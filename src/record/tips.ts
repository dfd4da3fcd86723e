import type { Seen, StartEntry } from './entry.ts';
import { type Ends, endsOf, runsIn } from './folder.ts';
import { hashOf } from './line.ts';

/** After so many files in a row that others name at their end, those before them are named too. */
const ENOUGH = 8;
/** So many files at once are looked at, at most. */
const MOST = 256;

/**
 * The ends of the files that no other file names: what a new run names. So files are chained, and two runs at once need
 * no lock: both name what was before them, and the next one names both.
 */
export async function tipsOf(state: string): Promise<readonly Seen[]> {
  const named = new Set<string>();
  const tips: Seen[] = [];
  let quiet = 0;
  for (const run of (await runsIn(state)).slice(0, MOST)) {
    const ends = await endsOf(state, run).catch(() => null);
    if (ends === null) continue;
    const hash = hashOf(ends.last);
    if (hash !== null && !named.has(`${run} ${hash}`))
      tips.push({ run, hash, ...(ends.torn === 0 ? {} : { torn: ends.torn }) });
    quiet = hash === null || named.has(`${run} ${hash}`) ? quiet + 1 : 0;
    if (quiet === ENOUGH) break;
    for (const seen of seenBy(ends)) named.add(`${seen.run} ${seen.hash}`);
  }
  return tips;
}

/** What a file names; nothing where its first line cannot be read, which `verify` tells. */
export function seenBy({ first }: Ends): readonly Seen[] {
  try {
    const { seen } = JSON.parse(first.toString('utf8')) as Partial<StartEntry>;
    return Array.isArray(seen) ? seen : [];
  } catch {
    return [];
  }
}
