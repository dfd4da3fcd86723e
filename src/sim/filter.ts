import type { Dump } from './command.ts';
import { type Filtered, filterXml } from './filter_xml.ts';

/** The awk program of libvirt/filter_script.ts (its `f`): a test holds the two together. */

/** What is left of dumps that have not changed, by the paths that are kept. Filtered once, they are a tenth of their size. */
const cache = new Map<string, WeakMap<object, Filtered>>();

export interface FilterOutput {
  readonly stdout: string;
  /** What the program tells on descriptor 3: `l:UUID` and `c:UUID` of descriptions with comments, CDATA and the like. */
  readonly odd: readonly string[];
}

/** @param keep the program's third argument */
export function filterOutput(chunks: readonly (string | Dump)[], marker: string, keep: string): FilterOutput {
  const known = cache.get(keep) ?? new WeakMap<object, Filtered>();
  cache.set(keep, known);
  const odd = new Set<string>();
  let stdout = '';
  let pending = '';
  let section = '';
  const add = (filtered: Filtered): void => {
    stdout += filtered.text;
    if (filtered.odd && /^[lc]:[0-9a-f]/.test(section)) odd.add(section);
  };
  const flush = (): void => {
    const marks = [...pending.matchAll(new RegExp(`${marker}:[^<]*`, 'g'))];
    for (const [index, mark] of marks.entries()) {
      stdout += `\n${mark[0]}`;
      section = mark[0].slice(mark[0].lastIndexOf(`${marker}:`) + marker.length + 1).slice(0, 38);
      const body = pending.slice(mark.index + mark[0].length, marks[index + 1]?.index);
      if (body !== '') add(filterXml(body, keep));
    }
    pending = '';
  };
  for (const chunk of chunks) {
    if (typeof chunk === 'string') {
      pending += chunk;
      continue;
    }
    flush();
    const kept = known.get(chunk.key) ?? filterXml(chunk.text(), keep);
    known.set(chunk.key, kept);
    add(kept);
  }
  flush();
  return { stdout, odd: [...odd] };
}
