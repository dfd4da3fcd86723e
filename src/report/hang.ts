import { stripVTControlCharacters } from 'node:util';
import { columnsOf } from './columns.ts';
import { listWidth } from './wrap.ts';

/**
 * Lines that are made for any width, broken between words at the edge of a terminal. What follows the first line of each
 * hangs further in; a command to copy stays whole, on a line of its own.
 * @param columns of the terminal; where there is none, lines stay as they are, to be found by their words
 * @param at the column at which further lines begin; without it, two after the line's own margin
 */
export function hung(lines: readonly string[], columns: number | undefined, at?: number): readonly string[] {
  // A pseudo-terminal of which nobody has said how wide it is has 0.
  if (!columns) return lines;
  const width = listWidth(columns);
  return lines.flatMap((line) => (widthOf(line) <= width ? [line] : hungLine(line, width, at)));
}

/** Programs that hints name with what to copy. */
const COMMAND =
  /(?<=^|[:;,] )(?:(?:npx|sudo) )?(?:virtune|virsh|ssh(?:-[a-z-]+)?|chmod|mkdir|ls|modprobe|systemctl|git) \S.*$/;

function hungLine(line: string, width: number, at?: number): string[] {
  const margin = /^ */.exec(line)?.[0].length ?? 0;
  if (/^ *\S*\$ /.test(stripVTControlCharacters(line))) return [line];
  const hang = ' '.repeat(at ?? margin + 2);
  const command = COMMAND.exec(line)?.[0] ?? '';
  const text = command === '' ? line : line.slice(0, -command.length).trimEnd();
  const done: string[] = [];
  let row = '';
  // The blanks before a word go with it, as columns are made of them.
  for (const word of text.match(/ *[^ ]+/g) ?? []) {
    const isFirst = row === '' || row === hang;
    if (isFirst || widthOf(row + word) <= width) row += row === hang ? word.trimStart() : word;
    else {
      done.push(row);
      row = hang + word.trimStart();
    }
  }
  if (command === '') return [...done, row];
  return text.trim() !== '' && widthOf(`${row} ${command}`) <= width
    ? [...done, `${row} ${command}`]
    : [...done, ...(text.trim() === '' ? [] : [row]), hang + command];
}

const widthOf = (line: string): number => columnsOf(stripVTControlCharacters(line));
