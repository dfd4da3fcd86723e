import { columnsOf } from './columns.ts';
import type { Paint } from './style.ts';

/** Where lists of names break in a file: always at the same column. */
const FILE_WIDTH = 100;

/** Columns of a line of names. */
export function listWidth(columns: number | undefined): number {
  return Math.max(40, columns ?? FILE_WIDTH);
}

/** Text between words at the edge of a terminal; in a file as one line, to be found by its words. */
export function wrapText(text: string, indent: number, columns: number | undefined, head = ''): string[] {
  const words = [...(head === '' ? [] : [head]), ...text.split(' ')];
  return wrapWords(words, { width: columns === undefined ? Infinity : listWidth(columns), indent });
}

/** Each line in the colour, its margin not. */
export function painted(lines: readonly string[], paint: Paint, format: Parameters<Paint>[0]): string[] {
  return lines.map((line) => line.replace(/\S.*$/, (text) => paint(format, text)));
}

/** How a list is laid out. */
export interface Layout {
  /** Columns of a line. */
  readonly width: number;
  /** Blanks before the first line; those after it begin two further in. */
  readonly indent: number;
  /** So many lines at most; what is left out is said at the end of the last one. */
  readonly lines?: number;
}

/** Said in place of what does not fit. */
const MORE = '… (all of them with -v)';

/** Words one after the other in lines of a width. A word that is wider than that has a line to itself. */
export function wrapWords(words: readonly string[], { width, indent, lines = Infinity }: Layout): string[] {
  const done: string[] = [];
  let line = '';
  const margin = () => ' '.repeat(done.length === 0 ? indent : indent + 2);
  for (const word of words) {
    const longer = line === '' ? `${margin()}${word}` : `${line} ${word}`;
    if (line === '' || columnsOf(longer) <= width) {
      line = longer;
      continue;
    }
    done.push(line);
    line = `${margin()}${word}`;
  }
  if (line !== '') done.push(line);
  if (done.length <= lines) return done;
  const kept = done.slice(0, lines);
  const last = kept.at(-1) ?? '';
  const room = width - columnsOf(MORE) - 1;
  // Cut between words, and not right behind the margin.
  const cut =
    columnsOf(last) <= room ? last : last.slice(0, Math.max(last.lastIndexOf(' ', room), indent + 3));
  kept[kept.length - 1] = `${cut.trimEnd().replace(/[,;]$/, '')}, ${MORE}`;
  return kept;
}
