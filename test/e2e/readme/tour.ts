/** What a page shows: files to have, and sessions of commands with their output. */
export type Step =
  | { readonly what: 'file'; readonly path: string; readonly text: string }
  | { readonly what: 'session'; readonly commands: readonly Shown[] };

export interface Shown {
  readonly command: string;
  /** Every line ends with a line break. */
  readonly output: string;
}

const BLOCK = /^```(\w*)\n(.*?)^```$/gms;

/** The steps of a page in order. A block of YAML is a file where the line before it begins, or ends, with its path. */
export function readTour(page: string): readonly Step[] {
  return [...page.matchAll(BLOCK)].flatMap(({ 1: language, 2: text = '', index }): Step[] => {
    if (language === 'console') return [{ what: 'session', commands: readSession(text) }];
    const before = page.slice(0, index).trimEnd().split('\n').at(-1) ?? '';
    const path = /`([\w./]+\.yml)`:/.exec(before)?.[1] ?? /`([\w./]+\.yml)`/.exec(before)?.[1];
    return language === 'yaml' && path !== undefined ? [{ what: 'file', path, text }] : [];
  });
}

function readSession(text: string): readonly Shown[] {
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf('\n');
      return { command: part.slice(0, end), output: part.slice(end + 1) };
    });
}

/** The page with other output in its sessions, in their order; output that fits what is there stays. */
export function withOutputs(page: string, outputs: readonly (readonly Shown[])[]): string {
  let next = 0;
  return page.replace(BLOCK, (block, language: string) => {
    if (language !== 'console') return block;
    const had = readSession(block.slice(block.indexOf('\n') + 1, block.lastIndexOf('```')));
    const shown = (outputs[next++] ?? []).map(({ command, output }, index) => {
      const before = had[index]?.output ?? '';
      return `$ ${command}\n${fits(before, output) ? before : output}`;
    });
    return `\`\`\`console\n${shown.join('')}\`\`\``;
  });
}

/** A line `…` stands for any number of lines that add nothing. */
function fits(expected: string, output: string): boolean {
  const parts = expected.split(/^ *…\n/m);
  const last = parts.pop() ?? '';
  let at = 0;
  for (const [index, part] of parts.entries()) {
    const found = index === 0 ? (output.startsWith(part) ? 0 : -1) : output.indexOf(part, at);
    if (found < 0) return false;
    at = found + part.length;
  }
  return parts.length === 0 ? output === last : output.endsWith(last) && output.length - last.length >= at;
}

/** Output without what differs from run to run: durations, addresses, what libvirt calls its devices. */
export function settled(output: string): string {
  return output
    .replaceAll(/\b\d+\.\d s\b/g, '0.4 s')
    .replaceAll(/the longest \S+/g, 'the longest hv01')
    .replaceAll(/\b10\.77\.\d+\.(\d+)\b/g, '192.0.2.$1')
    .replaceAll(/\bvnet\d+\b/g, 'vnet0')
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '2026-01-01T00:00:00.000Z')
    .replaceAll(/ +$/gm, '');
}
