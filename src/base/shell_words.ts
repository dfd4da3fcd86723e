/**
 * Splits a line into words as a POSIX shell would, without a shell: quotes and backslashes are honoured, and
 * nothing is expanded or run. Python's shlex.split, which Ansible uses for its `*_args`, agrees.
 * @returns the words, or what is wrong with the line
 */
export function shellWords(line: string): readonly string[] | { readonly problem: string } {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const char = line[at] as string;
    if (quote === "'") {
      if (char === "'") quote = '';
      else word += char;
    } else if (char === '\\') {
      const next = line[++at];
      if (next === undefined) return { problem: 'ends with a backslash' };
      // Between double quotes a backslash escapes only what is special there.
      word = (word ?? '') + (quote === '"' && !/["\\$`\n]/.test(next) ? char + next : next);
    } else if (char === quote) quote = '';
    else if (quote === '' && (char === '"' || char === "'")) {
      quote = char;
      word ??= '';
    } else if (quote === '' && /\s/.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else word = (word ?? '') + char;
  }
  if (quote !== '') return { problem: `has a ${quote} without its end` };
  if (word !== null) words.push(word);
  return words;
}
