/** A word of a line. */
export interface Word {
  readonly text: string;
  /** Where in the line each of its characters stands; the first may be behind a quote. */
  readonly offsets: readonly number[];
  /** Where the word begins in the line, its quotes included. */
  readonly at: number;
}

export type Words = readonly Word[] | { readonly problem: string; readonly at: number };

/**
 * The words of a line as Python's shlex.split(line, comments=True) has them, which Ansible cuts the lines of hosts with:
 * quotes join and are taken off, a backslash takes a meaning away, and `#` begins a comment, in a word too.
 */
export function iniWords(line: string): Words {
  const words: Word[] = [];
  let word: { text: string; offsets: number[]; at: number } | null = null;
  let quote = '';
  let quoteAt = 0;
  for (let at = 0; at < line.length; at++) {
    const char = line.charAt(at);
    if (quote === '' && char === '#') break;
    if (quote === '' && /[ \t\r\n]/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
      continue;
    }
    word ??= { text: '', offsets: [], at };
    if (quote === '' ? char === "'" || char === '"' : char === quote) {
      quote = quote === '' ? char : '';
      quoteAt = at;
    } else if (char === '\\' && quote !== "'") {
      const next = line.charAt(at + 1);
      if (next === '') return { problem: 'the line ends with a backslash', at };
      if (quote === '"' && next !== '"' && next !== '\\') add(word, char, at);
      add(word, next, ++at);
    } else add(word, char, at);
  }
  if (quote !== '') return { problem: `a ${quote} has no other one on its line`, at: quoteAt };
  if (word !== null) words.push(word);
  return words;
}

function add(word: { text: string; readonly offsets: number[] }, char: string, at: number): void {
  word.text += char;
  word.offsets.push(at);
}
