/**
 * Splits a command line into words as a POSIX shell does, as far as it needs no shell: blanks and quotes.
 * @returns null where anything else stands that a shell would act on (operators, expansions, patterns)
 */
export function splitWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  for (let at = 0; at < line.length; at++) {
    const c = line.charAt(at);
    if (c === ' ' || c === '\t' || c === '\n') {
      if (word !== null) words.push(word);
      word = null;
    } else if (c === "'") {
      const end = line.indexOf("'", at + 1);
      if (end < 0) return null;
      word = (word ?? '') + line.slice(at + 1, end);
      at = end;
    } else if (c === '"') {
      const quoted = readDoubleQuotes(line, at + 1);
      if (quoted === null) return null;
      word = (word ?? '') + quoted.text;
      at = quoted.end;
    } else if (c === '\\') {
      at++;
      if (at >= line.length) return null;
      if (line.charAt(at) !== '\n') word = (word ?? '') + line.charAt(at);
    } else if (';|&<>()$`*?['.includes(c) || (c === '#' && word === null)) {
      return null;
    } else {
      word = (word ?? '') + c;
    }
  }
  if (word !== null) words.push(word);
  return words;
}

function readDoubleQuotes(
  line: string,
  start: number,
): { readonly text: string; readonly end: number } | null {
  let text = '';
  for (let at = start; at < line.length; at++) {
    const c = line.charAt(at);
    if (c === '"') return { text, end: at };
    if (c === '$' || c === '`') return null;
    const next = line.charAt(at + 1);
    if (c === '\\' && next !== '' && '$`"\\\n'.includes(next)) {
      if (next !== '\n') text += next;
      at++;
    } else text += c;
  }
  return null;
}
