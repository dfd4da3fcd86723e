/** A number of Python, read at a place of a text. */
export interface NumberScalar {
  /** Behind the last character. */
  readonly end: number;
  /** Undefined where JSON has nothing for it: infinity. */
  readonly value: number | string | undefined;
  readonly isFloat: boolean;
}

const DIGITS = '[0-9](?:_?[0-9])*';
const WHOLE = /0[xX](?:_?[0-9a-fA-F])+|0[oO](?:_?[0-7])+|0[bB](?:_?[01])+|[1-9](?:_?[0-9])*|0(?:_?0)*/y;
const FLOAT = new RegExp(
  `(?:(?:${DIGITS})?\\.${DIGITS}|${DIGITS}\\.)(?:[eE][-+]?${DIGITS})?|${DIGITS}[eE][-+]?${DIGITS}`,
  'y',
);
/** What cannot follow a number: it would be another word, or a wrong number. */
const WORD = /[\p{L}\p{N}_.]/u;

/** A number without sign; null where none stands. Whole numbers beyond 2^53 are the text of their digits. */
export function readNumber(text: string, at: number): NumberScalar | null {
  const float = match(FLOAT, text, at);
  const written = float ?? match(WHOLE, text, at);
  if (written === null) return null;
  const end = at + written.length;
  if (WORD.test(text.charAt(end))) return null;
  const digits = written.replaceAll('_', '');
  if (float !== null) {
    const value = Number(digits);
    return { end, value: Number.isFinite(value) ? value : undefined, isFloat: true };
  }
  const whole = BigInt(digits);
  return { end, value: whole <= Number.MAX_SAFE_INTEGER ? Number(whole) : String(whole), isFloat: false };
}

const STRING_START = /(?:[uUrR]|[bB][rR]?|[rR][bB])?('''|"""|'|")/y;

export interface StringScalar {
  readonly end: number;
  readonly value: string;
  readonly isBytes: boolean;
  /** It names a character (`\N{EM DASH}`), and those names are not known here. */
  readonly hasNames: boolean;
}

/** One string literal, its escapes resolved; null where there is none, or a wrong one. */
export function readString(text: string, at: number): StringScalar | null {
  STRING_START.lastIndex = at;
  const start = STRING_START.exec(text);
  const quote = start?.[1];
  if (start === null || quote === undefined) return null;
  const prefix = start[0].slice(0, -quote.length).toLowerCase();
  const isBytes = prefix.includes('b');
  const isRaw = prefix.includes('r');
  let value = '';
  let hasNames = false;
  for (let i = at + start[0].length; i < text.length; ) {
    if (text.startsWith(quote, i)) return { end: i + quote.length, value, isBytes, hasNames };
    const char = text.charAt(i);
    if (isBytes && char > '\x7f') return null;
    if (char !== '\\') {
      value += char;
      i++;
      continue;
    }
    const escaped = isRaw ? { text: text.slice(i, i + 2), length: 2 } : readEscape(text, i, isBytes);
    if (escaped === null) return null;
    hasNames ||= !isRaw && !isBytes && text.startsWith('\\N', i);
    value += escaped.text;
    i += escaped.length;
  }
  return null;
}

const LETTERS: Readonly<Record<string, string>> = {
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};
const NAME = /\\N\{[^}]+\}/y;
const CODES = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/y;

interface Escape {
  readonly text: string;
  readonly length: number;
}

/** An escape sequence; null for a wrong one. Python leaves unknown ones as they are. */
function readEscape(text: string, at: number, isBytes: boolean): Escape | null {
  const letter = text.charAt(at + 1);
  const known = LETTERS[letter];
  if (known !== undefined) return { text: known, length: 2 };
  if (isBytes && /[NuU]/.test(letter)) return { text: `\\${letter}`, length: 2 };
  if (letter === 'N') {
    const name = match(NAME, text, at);
    return name === null ? null : { text: '', length: name.length };
  }
  CODES.lastIndex = at;
  const found = CODES.exec(text);
  if (found === null) return /[xuU]/.test(letter) ? null : { text: `\\${letter}`, length: 2 };
  const [written, octal, ...hex] = found;
  const code =
    octal === undefined
      ? Number.parseInt(hex.find((one) => one !== undefined) ?? '', 16)
      : Number.parseInt(octal, 8);
  if (code > 0x10ffff) return null;
  return { text: String.fromCodePoint(isBytes ? code % 256 : code), length: written.length };
}

function match(form: RegExp, text: string, at: number): string | null {
  form.lastIndex = at;
  return form.exec(text)?.[0] ?? null;
}
