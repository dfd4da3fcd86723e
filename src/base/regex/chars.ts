import { type CharTest, equals, RegexError, type RegexNode, type RegexReader } from './node.ts';

const isDigit: CharTest = (char) => /^\p{Nd}$/u.test(char);
const isWord: CharTest = (char) => /^[\p{L}\p{N}_]$/u.test(char);
/** Python's: JavaScript counts the byte order mark, and not the separators of files and records. */
const isSpace: CharTest = (char) =>
  '\x1c\x1d\x1e\x1f\x85'.includes(char) ? char !== '' : char !== '\ufeff' && /^\s$/u.test(char);
const not =
  (test: CharTest): CharTest =>
  (char) =>
    !test(char);

const CLASSES: Readonly<Partial<Record<string, CharTest>>> = {
  d: isDigit,
  D: not(isDigit),
  w: isWord,
  W: not(isWord),
  s: isSpace,
  S: not(isSpace),
};

const CONTROLS: Readonly<Partial<Record<string, string>>> = {
  a: '\x07',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What stands after a backslash, outside of a set. */
export function parseEscape(reader: RegexReader): RegexNode {
  const letter = reader.text[reader.at] ?? '';
  const known = CLASSES[letter];
  if (known !== undefined) {
    reader.at++;
    return { kind: 'char', test: known };
  }
  const place = PLACES[letter];
  if (place !== undefined) {
    reader.at++;
    return { kind: 'at', test: place };
  }
  const octal = /^[1-3][0-7]{2}/.test(reader.text.slice(reader.at));
  if (/^[1-9]/.test(letter) && !octal)
    throw new RegexError(`a reference to a group, "\\${letter}", is not supported`);
  return { kind: 'char', test: equals(escapedChar(reader), reader.ignoreCase) };
}

const PLACES: Readonly<Partial<Record<string, (chars: readonly string[], at: number) => boolean>>> = {
  A: (_chars, at) => at === 0,
  Z: (chars, at) => at === chars.length,
  b: atWordEdge,
  B: (chars, at) => !atWordEdge(chars, at),
};

function atWordEdge(chars: readonly string[], at: number): boolean {
  return isWord(chars[at - 1] ?? '') !== isWord(chars[at] ?? '');
}

/** One character, by its code or as it is. The reader stands after the backslash. */
function escapedChar(reader: RegexReader): string {
  const rest = reader.text.slice(reader.at, reader.at + 9);
  const code = /^(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(rest);
  if (code !== null) {
    reader.at += code[0].length;
    const value = Number.parseInt(code[1] ?? code[2] ?? code[3] ?? '', 16);
    if (value > 0x10_ffff) throw new RegexError(`"\\${code[0]}" is no character`);
    return String.fromCodePoint(value);
  }
  const octal = /^(?:0[0-7]{0,2}|[1-3][0-7]{2})/.exec(rest)?.[0];
  if (octal !== undefined) {
    reader.at += octal.length;
    return String.fromCharCode(Number.parseInt(octal, 8));
  }
  const char = rest === '' ? '' : String.fromCodePoint(rest.codePointAt(0) ?? 0);
  if (char === '') throw new RegexError('it ends with a single backslash');
  reader.at += char.length;
  const control = CONTROLS[char];
  if (control !== undefined) return control;
  if (/^[A-Za-z0-9]$/.test(char)) throw new RegexError(`the escape "\\${char}" is not known`);
  return char;
}

/** `[…]`: the reader stands after the bracket. */
export function parseSet(reader: RegexReader): RegexNode {
  const negated = reader.text[reader.at] === '^';
  if (negated) reader.at++;
  const tests: CharTest[] = [];
  for (let first = true; first || reader.text[reader.at] !== ']'; first = false) {
    if (reader.at >= reader.text.length) throw new RegexError('a "[" is not closed');
    const low = setMember(reader);
    const isRange = reader.text[reader.at] === '-' && !']'.includes(reader.text[reader.at + 1] ?? ']');
    if (!isRange) {
      tests.push(typeof low === 'string' ? equals(low, reader.ignoreCase) : low);
      continue;
    }
    reader.at++;
    tests.push(between(low, setMember(reader), reader.ignoreCase));
  }
  reader.at++;
  return { kind: 'char', test: (char) => tests.some((test) => test(char)) !== negated };
}

function between(low: string | CharTest, high: string | CharTest, ignoreCase: boolean): CharTest {
  if (typeof low !== 'string' || typeof high !== 'string')
    throw new RegexError('a range in "[…]" needs a character at both ends');
  const [from, to] = [low.codePointAt(0) ?? 0, high.codePointAt(0) ?? 0];
  if (from > to) throw new RegexError(`the range "${low}-${high}" goes backwards`);
  const within = (char: string) => {
    const code = char.codePointAt(0) ?? -1;
    return code >= from && code <= to;
  };
  if (!ignoreCase) return within;
  return (char) => within(char) || within(char.toLowerCase()) || within(char.toUpperCase());
}

function setMember(reader: RegexReader): string | CharTest {
  const char = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0);
  reader.at += char.length;
  if (char !== '\\') return char;
  const letter = reader.text[reader.at] ?? '';
  const known = CLASSES[letter];
  if (known === undefined && letter !== 'b') return escapedChar(reader);
  reader.at++;
  return known ?? '\b';
}
