/** What str.splitlines() ends a line at; `\r\n` is one end. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: Python takes them for ends of lines
const LINE_END = /\r\n|[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]/g;

/** What str.strip() takes off. */
const BLANK = '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const BLANKS_BEFORE = new RegExp(`^${BLANK}+`);
const BLANKS_BEHIND = new RegExp(`${BLANK}+$`);

/** Where the lines of a text begin, as Python's str.splitlines() cuts it, the first one at 0. */
export function pythonLineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(LINE_END)) starts.push(match.index + match[0].length);
  return starts;
}

/** A piece of a text, and where it begins in that. */
export interface Piece {
  readonly text: string;
  readonly at: number;
}

/** A piece without the blanks around it, as Python's str.strip() has it. */
export function pythonStrip({ text, at }: Piece): Piece {
  const start = BLANKS_BEFORE.exec(text)?.[0].length ?? 0;
  const rest = text.slice(start);
  const behind = BLANKS_BEHIND.exec(rest);
  return { text: behind === null ? rest : rest.slice(0, behind.index), at: at + start };
}
