/** Controls, formats (bidi marks, tags, byte order marks), line and paragraph separators, lone surrogates. */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

const SHORT: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

/** Joiners are letters' business in Persian, Indic scripts and emoji, and harmless to a terminal. */
const JOINERS = new Set(['\u200c', '\u200d']);

/**
 * Text that is safe on a terminal and stays on one line: whatever could move the cursor, start an escape sequence
 * or reorder what is shown becomes a visible escape such as `\x1b` or `\u202e`.
 */
export function printable(text: string): string {
  return text.replace(UNSAFE, (char) => {
    if (JOINERS.has(char)) return char;
    const short = SHORT[char];
    if (short !== undefined) return short;
    const code = char.codePointAt(0) ?? 0;
    if (code <= 0xff) return `\\x${code.toString(16).padStart(2, '0')}`;
    return code <= 0xffff ? `\\u${code.toString(16).padStart(4, '0')}` : `\\u{${code.toString(16)}}`;
  });
}

/** `1 host`, `2 hosts`; give the plural where it is not just an s. */
export function plural(count: number, singular: string, several = `${singular}s`): string {
  return `${count} ${count === 1 ? singular : several}`;
}

/** `a`, `a or b`, `a, b or c`. */
export function oneOf(words: readonly string[], conjunction = 'or'): string {
  if (words.length <= 1) return words[0] ?? '';
  return `${words.slice(0, -1).join(', ')} ${conjunction} ${words.at(-1)}`;
}

/** What a program said last: its last line that is not blank, or ''. */
export function lastLine(text: string): string {
  return (
    text
      .trim()
      .split(/[\r\n]+/)
      .at(-1) ?? ''
  );
}

/** Cuts a long text, so that a message stays readable whatever the input holds. */
export function shorten(text: string, max = 60): string {
  return text.length <= max ? text : `${text.slice(0, max - 1)}…`;
}
