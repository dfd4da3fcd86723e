import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const TEXT = readFileSync(join(import.meta.dirname, 'tc-6.1.txt'), 'utf8');

/** The section of an answer about one device, as Debian's kernel and tc gave it. */
export function recorded(name: string): string {
  const parts = TEXT.split(/^##### /m);
  const part = parts.find((one) => one.startsWith(`${name}\n`));
  if (part === undefined) throw new Error(`nothing recorded as ${name}`);
  return `ok\n${part.slice(name.length + 1)}`;
}
