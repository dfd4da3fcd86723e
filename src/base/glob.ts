/** One place of a pattern: any characters, or one character that passes. */
type Part = '*' | ((char: string) => boolean);

/**
 * Python's fnmatch.fnmatchcase: `*` any characters, `?` one, `[seq]` one of them, `[!seq]` one of the others; a `[`
 * that is never closed is a plain character. Compiled once, matched without backtracking further than the last `*`,
 * so that no pattern can make it hang.
 */
export function compileGlob(pattern: string): (text: string) => boolean {
  const parts = parseGlob([...pattern]);
  return (text) => matchParts(parts, [...text]);
}

/** See {@link compileGlob}. */
export function globMatch(pattern: string, text: string): boolean {
  return compileGlob(pattern)(text);
}

/** True when the text has characters that a glob gives a meaning to. */
export function isGlob(text: string): boolean {
  return /[*?[]/.test(text);
}

function matchParts(parts: readonly Part[], text: readonly string[]): boolean {
  let p = 0;
  let t = 0;
  let star = -1;
  let resume = 0;
  while (t < text.length) {
    const part = parts[p];
    if (part === '*') {
      star = p++;
      resume = t;
    } else if (part?.(text[t] ?? '')) {
      p++;
      t++;
    } else if (star >= 0) {
      p = star + 1;
      t = ++resume;
    } else return false;
  }
  while (parts[p] === '*') p++;
  return p === parts.length;
}

function parseGlob(chars: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < chars.length; i++) {
    const char = chars[i] ?? '';
    if (char === '*') {
      if (parts.at(-1) !== '*') parts.push('*');
    } else if (char === '?') parts.push(() => true);
    else if (char === '[') {
      const end = closingBracket(chars, i);
      if (end < 0) parts.push((c) => c === '[');
      else {
        parts.push(characterClass(chars.slice(i + 1, end)));
        i = end;
      }
    } else parts.push((c) => c === char);
  }
  return parts;
}

/** A `]` right after `[` or `[!` is a member of the class, not its end. */
function closingBracket(chars: readonly string[], open: number): number {
  let from = open + 1;
  if (chars[from] === '!') from++;
  if (chars[from] === ']') from++;
  return chars.indexOf(']', from);
}

function characterClass(body: readonly string[]): (char: string) => boolean {
  const negated = body[0] === '!';
  const members = negated ? body.slice(1) : body;
  const ranges: (readonly [number, number])[] = [];
  for (let i = 0; i < members.length; i++) {
    const low = code(members[i]);
    // A hyphen at either end is a plain character; a range that runs backwards holds nothing.
    const isRange = members[i + 1] === '-' && i + 2 < members.length;
    ranges.push([low, isRange ? code(members[i + 2]) : low]);
    if (isRange) i += 2;
  }
  return (char) => ranges.some(([low, high]) => code(char) >= low && code(char) <= high) !== negated;
}

function code(char: string | undefined): number {
  return char?.codePointAt(0) ?? -1;
}
