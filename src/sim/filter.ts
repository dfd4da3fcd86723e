import type { Dump } from './command.ts';

/** The sed of libvirt/script.ts (its `f`): a test holds the two together. */

/** What is left of dumps that have not changed. Filtered once, they are a tenth of their size. */
const cache = { with: new WeakMap<object, string>(), without: new WeakMap<object, string>() };

/** @param metadata the program's third argument: keep `<metadata>` or not */
export function filterOutput(chunks: readonly (string | Dump)[], marker: string, metadata: boolean): string {
  const known = metadata ? cache.with : cache.without;
  let out = '';
  // Dumps begin and end with whole lines and whole elements, so that each can be filtered by itself.
  let pending = '';
  for (const chunk of chunks) {
    if (typeof chunk === 'string') {
      pending += chunk;
      continue;
    }
    out += filterText(pending, marker, metadata);
    pending = '';
    let kept = known.get(chunk.key);
    if (kept === undefined) {
      kept = filterText(chunk.text(), marker, metadata);
      known.set(chunk.key, kept);
    }
    out += kept;
  }
  return out + filterText(pending, marker, metadata);
}

const RANGES = [
  { begin: /^ {2}<metadata>/, end: /^ {2}<.metadata>/ },
  { begin: /^<network/, end: /^<.network>/ },
  { begin: /^ {4}<interface /, end: /^ {4}<.interface>/ },
] as const;

const SINGLE = [/^<.?domain/, /^ {2}<(uuid|name|title)>/, /^ {2}<.?devices>/] as const;

export function filterText(text: string, marker: string, metadata: boolean): string {
  if (text === '') return '';
  let out = '';
  const open = RANGES.map(() => false);
  const lines = text.split('\n');
  const last = lines.length - 1;
  for (const [number, line] of lines.entries()) {
    if (number === last && line === '') break;
    const printed = number === last ? line : `${line}\n`;
    const range = RANGES.findIndex(({ begin, end }, index) => {
      if (!open[index]) {
        open[index] = begin.test(line);
        return open[index];
      }
      // The line that ends a range still belongs to it.
      if (end.test(line)) open[index] = false;
      return true;
    });
    if (range >= 0) {
      if (range > 0 || metadata) out += printed;
      continue;
    }
    // Each of these prints for itself, as in sed.
    if (line.startsWith(`${marker}:`)) out += printed;
    for (const pattern of SINGLE) if (pattern.test(line)) out += printed;
  }
  return out;
}
