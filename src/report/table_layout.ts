import { columnsOf } from './columns.ts';

/** A column is not made narrower than that. */
const LEAST = 6;

/**
 * Rows of cells as lines of a table. On a terminal that is too narrow the widest columns give way, and their cells go
 * on below; in a file each row is one line.
 * @param width columns of the terminal
 */
export function tableLines(
  rows: readonly (readonly string[])[],
  indent: number,
  width = Infinity,
): readonly (readonly string[])[] {
  const columns = (rows[0] ?? []).map((_, i) => rows.map((row) => row[i] ?? ''));
  const natural = columns.map((cells) => Math.max(...cells.map(columnsOf)));
  const ofWords = columns.map((cells) =>
    Math.max(...cells.flatMap((cell) => cell.split(' ').map((word) => columnsOf(bare(word))))),
  );
  const room = (gap: number) => width - indent - gap * (natural.length - 1);
  // Words stay whole as long as that is possible at all.
  const gap = sum(ofWords) <= room(2) ? 2 : 1;
  const whole = narrowed(natural, ofWords, room(gap));
  const widths = narrowed(
    whole,
    whole.map(() => LEAST),
    room(gap),
  );
  return rows.map((row) => {
    const cells = row.map((cell, i) => linesOfCell(cell, widths[i] ?? 0));
    const height = Math.max(1, ...cells.map((lines) => lines.length));
    return Array.from({ length: height }, (_, line) =>
      `${' '.repeat(indent)}${cells.map((lines, i) => pad(lines[line] ?? '', widths[i] ?? 0)).join(' '.repeat(gap))}`.trimEnd(),
    );
  });
}

const sum = (numbers: readonly number[]) => numbers.reduce((all, one) => all + one, 0);

/** Takes from the widest columns until all fit, or none can give any more. */
function narrowed(widths: readonly number[], least: readonly number[], room: number): readonly number[] {
  const now = [...widths];
  while (sum(now) > room) {
    const most = Math.max(...now.filter((one, i) => one > (least[i] ?? 0)), 0);
    const widest = now.findIndex((one, i) => one === most && one > (least[i] ?? 0));
    if (widest < 0) break;
    now[widest] = most - 1;
  }
  return now;
}

/** A comma is not missed where a line ends. */
const bare = (word: string) => word.replace(/,$/, '');

/** Broken between words; a word that is wider than its column within. */
function linesOfCell(cell: string, width: number): readonly string[] {
  if (columnsOf(cell) <= width) return [cell];
  const lines: string[] = [];
  let line = '';
  for (const word of cell.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (columnsOf(longer) <= width) {
      line = longer;
      continue;
    }
    if (line !== '') lines.push(line);
    line = columnsOf(word) > width ? bare(word) : word;
    while (columnsOf(line) > width) {
      const [head, rest] = cut(line, width);
      lines.push(head);
      line = rest;
    }
  }
  return [...lines, line];
}

function cut(word: string, width: number): readonly [string, string] {
  const letters = [...word];
  let count = Math.min(width, letters.length);
  while (count > 1 && columnsOf(letters.slice(0, count).join('')) > width) count--;
  return [letters.slice(0, count).join(''), letters.slice(count).join('')];
}

function pad(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}
