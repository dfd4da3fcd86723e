import { readNumber, readString } from './scalars.ts';

/** What a text is to Python's ast.literal_eval. */
export type Literal =
  | { readonly kind: 'value'; readonly value: unknown }
  /** No literal, or one that JSON has no counterpart for: a set, a complex number, bytes in a list. */
  | { readonly kind: 'text' }
  /** A literal of which no value can be made; the message is the end of a sentence. */
  | { readonly kind: 'problem'; readonly message: string };

/** Is told where containers begin, and what is in them. */
export interface LiteralSpots {
  readonly container: (value: object, at: number) => void;
  readonly entry: (container: object, key: string | number, keyAt: number, valueAt: number) => void;
}

/** As deep as YAML may be here (yaml/syntax.ts). */
const MAX_DEPTH = 64;

/** Thrown where a text is no literal. Without a stack, since most values of an inventory are plain texts. */
const NOT_LITERAL = Symbol('not a literal');

/**
 * Reads one line as Python's ast.literal_eval does: strings, numbers, True, False, None, lists, tuples (lists here) and
 * dicts; a comment may follow. Keys of dicts that are no strings are written as json.dumps writes them. Whole numbers
 * beyond 2^53 are texts, so that no digit is lost.
 */
export function readLiteral(text: string, spots?: LiteralSpots): Literal {
  const from: Reading = { text, spots, at: 0, depth: 0, tooDeep: false, problem: null, hasCounterpart: true };
  try {
    if (text.includes('\0')) return { kind: 'text' };
    const value = readWhole(from);
    if (from.problem !== null) return { kind: 'problem', message: from.problem };
    return from.hasCounterpart ? { kind: 'value', value } : { kind: 'text' };
  } catch (thrown) {
    if (thrown !== NOT_LITERAL) throw thrown;
    return from.tooDeep ? { kind: 'problem', message: 'is nested too deeply' } : { kind: 'text' };
  }
}

interface Reading {
  readonly text: string;
  readonly spots: LiteralSpots | undefined;
  at: number;
  depth: number;
  tooDeep: boolean;
  /** What counts only if the text is a literal as a whole. */
  problem: string | null;
  hasCounterpart: boolean;
}

interface Node {
  readonly value: unknown;
  readonly at: number;
  readonly kind: 'number' | 'bytes' | 'other';
  /** As a key of a dict: null for what Python refuses as one, undefined for what JSON has no counterpart for. */
  readonly key: string | null | undefined;
}

function readWhole(from: Reading): unknown {
  const first = readTerm(from);
  if (atEnd(from)) return first.value;
  const items = [first];
  while (!atEnd(from)) {
    expect(from, ',');
    if (!atEnd(from)) items.push(readTerm(from));
  }
  return listOf(from, items, 0).value;
}

function readTerm(from: Reading): Node {
  const at = skipBlanks(from);
  const char = from.text.charAt(at);
  if (char === '+' || char === '-') return readSigned(from, at, char);
  if (char === '[' || char === '(' || char === '{') return readContainer(from, at, char);
  const number = readNumber(from.text, at);
  if (number !== null) {
    from.at = number.end;
    if (number.value === undefined) from.hasCounterpart = false;
    const whole = number.isFloat && Number.isInteger(number.value);
    return { value: number.value, at, kind: 'number', key: `${number.value}${whole ? '.0' : ''}` };
  }
  return readWord(from, at) ?? readStrings(from, at);
}

const WORD = /(?:True|False|None)(?![\p{L}\p{N}_])|set[ \t\f]*\([ \t\f]*\)/uy;

function readWord(from: Reading, at: number): Node | null {
  WORD.lastIndex = at;
  const word = WORD.exec(from.text)?.[0];
  if (word === undefined) return null;
  from.at += word.length;
  if (word.startsWith('set')) {
    from.hasCounterpart = false;
    return { value: word, at, kind: 'other', key: null };
  }
  const value = word === 'None' ? null : word === 'True';
  return { value, at, kind: 'other', key: String(value) };
}

/** One sign before a number, and no more, as in literal_eval. */
function readSigned(from: Reading, at: number, sign: string): Node {
  from.at++;
  const { kind, value, key } = readTerm(from);
  if (kind !== 'number') throw NOT_LITERAL;
  if (sign === '+') return { value, at, kind: 'other', key };
  // JSON has no -0.
  const negative = typeof value === 'string' ? `-${value}` : -Number(value) || 0;
  return { value: negative, at, kind: 'other', key: `-${key}` };
}

/** A string, or several one after the other, which are one. */
function readStrings(from: Reading, at: number): Node {
  let value = '';
  let first: boolean | null = null;
  for (;;) {
    const part = readString(from.text, skipBlanks(from));
    if (part === null) break;
    first ??= part.isBytes;
    if (first !== part.isBytes) throw NOT_LITERAL;
    if (part.hasNames) from.problem ??= 'names a character with "\\N{…}": write the character itself';
    value += part.value;
    from.at = part.end;
  }
  if (first === null) throw NOT_LITERAL;
  if (!first) return { value, at, kind: 'other', key: value };
  // Ansible makes a text of bytes where they are the whole value.
  const text = utf8(value);
  if (text === null) from.hasCounterpart = false;
  return { value: text, at, kind: 'bytes', key: value };
}

function readContainer(from: Reading, at: number, open: string): Node {
  from.at++;
  if (++from.depth > MAX_DEPTH) {
    from.tooDeep = true;
    throw NOT_LITERAL;
  }
  const node = open === '{' ? readBraces(from, at) : readItems(from, at, open);
  from.depth--;
  return node;
}

/** A list, a tuple, or what stands in parentheses. */
function readItems(from: Reading, at: number, open: string): Node {
  const close = open === '[' ? ']' : ')';
  const items: Node[] = [];
  let hasComma = false;
  while (!take(from, close)) {
    if (items.length > 0) {
      expect(from, ',');
      hasComma = true;
      if (take(from, close)) break;
    }
    items.push(readTerm(from));
  }
  const [only] = items;
  if (open === '(' && only !== undefined && !hasComma) return only;
  const list = listOf(from, items, at);
  if (open === '[') return list;
  // A tuple is a key for Python where all in it could be one.
  return { ...list, key: items.some(({ key }) => key === null) ? null : undefined };
}

function listOf(from: Reading, items: readonly Node[], at: number): Node {
  const value = items.map((item) => item.value);
  if (items.some(({ kind }) => kind === 'bytes')) from.hasCounterpart = false;
  from.spots?.container(value, at);
  for (const [i, item] of items.entries()) from.spots?.entry(value, i, item.at, item.at);
  return { value, at, kind: 'other', key: null };
}

/** A dict or a set. */
function readBraces(from: Reading, at: number): Node {
  const value: Record<string, unknown> = {};
  from.spots?.container(value, at);
  let isSet: boolean | null = null;
  while (!take(from, '}')) {
    if (isSet !== null) {
      expect(from, ',');
      if (take(from, '}')) break;
    }
    const key = readTerm(from);
    const hasValue = take(from, ':');
    isSet ??= !hasValue;
    if (isSet === hasValue) throw NOT_LITERAL;
    const name = keyOf(from, key);
    if (isSet) continue;
    const member = readTerm(from);
    if (member.kind === 'bytes') from.hasCounterpart = false;
    if (name === null) continue;
    value[name] = member.value;
    from.spots?.entry(value, name, key.at, member.at);
  }
  if (isSet) from.hasCounterpart = false;
  return { value, at, kind: 'other', key: null };
}

function keyOf(from: Reading, { key, kind }: Node): string | null {
  if (key === null) from.problem ??= 'has a list, a dict or a set as the key of a dict, or in a set';
  if (key === '__proto__') from.problem ??= 'has the key "__proto__", which is not allowed';
  if (key === undefined || kind === 'bytes') from.hasCounterpart = false;
  return key === '__proto__' ? null : (key ?? null);
}

function utf8(bytes: string): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.from(bytes, 'latin1'));
  } catch {
    return null;
  }
}

/** The offset of what comes next. */
function skipBlanks(from: Reading): number {
  while (/[ \t\f]/.test(from.text.charAt(from.at))) from.at++;
  return from.at;
}

function atEnd(from: Reading): boolean {
  const char = from.text.charAt(skipBlanks(from));
  return char === '' || char === '#';
}

function take(from: Reading, char: string): boolean {
  if (from.text.charAt(skipBlanks(from)) !== char) return false;
  from.at++;
  return true;
}

function expect(from: Reading, char: string): void {
  if (!take(from, char)) throw NOT_LITERAL;
}
