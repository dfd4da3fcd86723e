import { printable } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { columnsOf } from './columns.ts';

/** How much of a line is shown around the caret. */
const BEFORE = 60;
const WIDTH = 100;

/**
 * One diagnostic as text, safe on a terminal, without a line break at its end:
 * ```text
 * hosts.yml:6:11: error: unknown key "outboud"
 *   6 |     outboud: 1
 *     |     ^
 *   hint: did you mean "outbound"?
 * ```
 * @param sourceText the text of the place's file; without it there is no excerpt
 */
export function renderDiagnostic(diagnostic: Diagnostic, sourceText?: string): string {
  const { severity, message, hint, place, from = [] } = diagnostic;
  const where = place === undefined ? '' : `${printable(place.file)}:${place.line}:${place.column}: `;
  const lines = [`${where}${severity}: ${printable(message)}`];
  const line = place && sourceText !== undefined ? lineOf(sourceText, place.line) : null;
  if (place !== undefined && line !== null) lines.push(...excerpt(line, place.line, place.column - 1));
  for (const { text, place: at } of from)
    lines.push(`  from: ${printable(text)}, ${printable(at.file)}:${at.line}:${at.column}`);
  if (hint !== undefined) lines.push(`  hint: ${printable(hint)}`);
  return lines.join('\n');
}

function lineOf(text: string, number: number): string | null {
  let start = 0;
  for (let line = 1; line < number; line++) {
    start = text.indexOf('\n', start) + 1;
    if (start === 0) return null;
  }
  const end = text.indexOf('\n', start);
  return text.slice(start, end < 0 ? undefined : end).replace(/\r$/, '');
}

function excerpt(line: string, number: number, column: number): string[] {
  const from = Math.max(0, column - BEFORE);
  const to = from + WIDTH;
  const cut = (text: string, marked: boolean) => (marked ? `…${text}` : text);
  const before = cut(visible(line.slice(from, column)), from > 0);
  const after = visible(line.slice(column, to)) + (to < line.length ? '…' : '');
  const gutter = `  ${number} | `;
  return [
    `${gutter}${before}${after}`.trimEnd(),
    `${' '.repeat(gutter.length - 2)}| ${' '.repeat(columnsOf(before))}^`,
  ];
}

/** A tab is one blank here: the caret must stand under its place on every terminal. */
function visible(text: string): string {
  // A cut through a pair leaves half a character.
  return printable(text.replaceAll('\t', ' ').replace(/^[\udc00-\udfff]|[\ud800-\udbff]$/g, ''));
}
