import type { TrialEntry } from '../model/facts.ts';
import type { Section } from './sections.ts';

/** Reads what trials_script.ts tells. Of two entries for the same subject the later one counts. */
export function parseTrials(sections: readonly Section[]): readonly TrialEntry[] {
  return sections.flatMap(({ name, body }) => {
    if (!name.startsWith('w:')) return [];
    const run = runOf(name.split('/').at(-2) ?? '');
    const lines = body.split('\n');
    const until = lines.flatMap((line) => UNTIL.exec(line)?.[1] ?? [])[0] ?? null;
    const entries = new Map<string, TrialEntry>();
    for (const line of lines) {
      const entry = entryOf(line);
      if (entry !== null)
        entries.set(`${entry.uuid} ${entry.element} ${entry.key}`, { run, until, ...entry });
    }
    return [...entries.values()].filter(({ words }) => words.length > 0);
  });
}

const UNTIL = /^until (\S+) /;
const PAIR = /^([^=~]+)=([^~]*)~([^~]*)(~?)$/;

/** `UUID ELEMENT KEY NAME=SET~BEFORE…`, as watchdog_script.ts writes it; null for what is no such line. */
function entryOf(line: string): Omit<TrialEntry, 'run' | 'until'> | null {
  const [uuid = '', element = '', word = '', ...pairs] = line.split(' ');
  if (!/^[0-9a-f-]{36}$/.test(uuid) || word === '') return null;
  const found = pairs.map((pair) => PAIR.exec(pair));
  const words = found.flatMap((one) =>
    one === null ? [] : [{ name: one[1] ?? '', set: one[2] ?? '', before: one[3] ?? '' }],
  );
  if (words.length < pairs.length) return null;
  const clears = found.some((one) => one?.[4] === '~');
  return { uuid, element, key: word === '-' ? '' : word, words, clears };
}

/** The run of a watchdog: `virtune-RUN-HYPERVISOR`. */
export function runOf(watchdog: string): string {
  return watchdog.replace(/^virtune-/, '').replace(/-[^-]*$/, '');
}
