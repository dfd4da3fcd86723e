import { parseEscape, parseSet } from './chars.ts';
import { equals, RegexError, type RegexNode, type RegexReader } from './node.ts';

const MAX_LENGTH = 1000;
const MAX_DEPTH = 50;
const MAX_REPEAT = 1000;

/**
 * Reads Python's syntax of regular expressions.
 * @throws RegexError for what Python refuses, and for what needs more than a linear scan: references to groups,
 *   looking behind, atomic groups and possessive repeats, conditions
 */
export function parseRegex(text: string): RegexNode {
  if (text.length > MAX_LENGTH) throw new RegexError(`it is longer than ${MAX_LENGTH} characters`);
  const reader: RegexReader = { text, at: 0, ignoreCase: false, dotAll: false, depth: 0 };
  const node = parseEither(reader);
  if (reader.at < text.length) throw new RegexError('a ")" closes nothing');
  return node;
}

function parseEither(reader: RegexReader): RegexNode {
  if (++reader.depth > MAX_DEPTH) throw new RegexError('its groups are nested too deeply');
  const branches: RegexNode[] = [];
  do branches.push(parseSequence(reader));
  while (take(reader, '|'));
  reader.depth--;
  return branches.length === 1 ? (branches[0] as RegexNode) : { kind: 'either', branches };
}

function parseSequence(reader: RegexReader): RegexNode {
  const items: RegexNode[] = [];
  while (reader.at < reader.text.length && !'|)'.includes(reader.text[reader.at] ?? '')) {
    const item = parseItem(reader);
    if (item !== null) items.push(parseRepeat(item, reader));
  }
  return { kind: 'sequence', items };
}

/** Null for what only sets a flag, or is a comment. */
function parseItem(reader: RegexReader): RegexNode | null {
  const char = String.fromCodePoint(reader.text.codePointAt(reader.at) ?? 0);
  reader.at += char.length;
  if (char === '(') return parseGroup(reader);
  if (char === '[') return parseSet(reader);
  if (char === '\\') return parseEscape(reader);
  if (char === '.') return { kind: 'char', test: reader.dotAll ? () => true : (c) => c !== '\n' };
  if (char === '^') return { kind: 'at', test: (_chars, at) => at === 0 };
  if (char === '$') return { kind: 'at', test: atEnd };
  if ('*+?'.includes(char)) throw new RegexError(`nothing stands before the "${char}" that it could repeat`);
  return { kind: 'char', test: equals(char, reader.ignoreCase) };
}

function atEnd(chars: readonly string[], at: number): boolean {
  return at === chars.length || (at === chars.length - 1 && chars[at] === '\n');
}

const UNSUPPORTED: readonly (readonly [string, string])[] = [
  ['?<=', 'looking behind, "(?<=…)",'],
  ['?<!', 'looking behind, "(?<!…)",'],
  ['?>', 'an atomic group, "(?>…)",'],
  ['?(', 'a condition, "(?(…)…)",'],
  ['?P=', 'a reference to a group, "(?P=…)",'],
];

function parseGroup(reader: RegexReader): RegexNode | null {
  const rest = reader.text.slice(reader.at);
  const refused = UNSUPPORTED.find(([start]) => rest.startsWith(start));
  if (refused !== undefined) throw new RegexError(`${refused[1]} is not supported`);
  if (rest.startsWith('?#')) {
    reader.at = reader.text.indexOf(')', reader.at) + 1;
    if (reader.at === 0) throw new RegexError('a "(?#" is not closed');
    return null;
  }
  const head = /^(?:\?:|\?P<[A-Za-z_]\w*>|\?[=!])/.exec(rest)?.[0] ?? '';
  if (head === '' && rest.startsWith('?')) return parseFlags(reader);
  reader.at += head.length;
  const inner = parseInner(reader, reader);
  if (head === '?=' || head === '?!') return { kind: 'ahead', item: inner, negated: head === '?!' };
  return inner;
}

/** `(?i)` for the whole, `(?i:…)` for a group. */
function parseFlags(reader: RegexReader): RegexNode | null {
  const match = /^\?([a-zA-Z]*)(?:-([a-zA-Z]+))?([:)])/.exec(reader.text.slice(reader.at));
  if (match === null) throw new RegexError('"(?" is followed by what is not known');
  const [all, on = '', off = '', end] = match;
  const unknown = [...on, ...off].find((flag) => !'ismu'.includes(flag));
  if (unknown !== undefined) throw new RegexError(`the flag "${unknown}" is not supported`);
  const global = end === ')';
  if (global && (reader.at > 1 || off !== '')) throw new RegexError('flags for the whole must stand first');
  reader.at += all.length;
  const flags = {
    ignoreCase: (reader.ignoreCase || on.includes('i')) && !off.includes('i'),
    dotAll: (reader.dotAll || on.includes('s')) && !off.includes('s'),
  };
  if (!global) return parseInner(reader, flags);
  Object.assign(reader, flags);
  return null;
}

function parseInner(reader: RegexReader, flags: Pick<RegexReader, 'ignoreCase' | 'dotAll'>): RegexNode {
  const { ignoreCase, dotAll } = reader;
  Object.assign(reader, { ignoreCase: flags.ignoreCase, dotAll: flags.dotAll });
  const inner = parseEither(reader);
  if (!take(reader, ')')) throw new RegexError('a "(" is not closed');
  Object.assign(reader, { ignoreCase, dotAll });
  return inner;
}

function parseRepeat(item: RegexNode, reader: RegexReader): RegexNode {
  const found = repeatAt(reader);
  if (found === null) return item;
  const [length, min, max] = found;
  if (item.kind === 'at') throw new RegexError('a place such as "^" cannot be repeated');
  if (max < min) throw new RegexError(`a repeat from ${min} to ${max} goes backwards`);
  if (min > MAX_REPEAT || (max !== Number.POSITIVE_INFINITY && max > MAX_REPEAT))
    throw new RegexError(`more than ${MAX_REPEAT} repeats are not supported`);
  reader.at += length;
  // Lazy or greedy is the same when only the answer counts.
  if (!take(reader, '?') && take(reader, '+'))
    throw new RegexError('a possessive repeat, such as "*+", is not supported');
  if (repeatAt(reader) !== null) throw new RegexError('a repeat is repeated');
  return { kind: 'repeat', item, min, max };
}

/** Its length, how often at least and at most. A brace that is no repeat is a plain character. */
function repeatAt(reader: RegexReader): readonly [number, number, number] | null {
  const char = reader.text[reader.at] ?? '';
  if (char === '*') return [1, 0, Number.POSITIVE_INFINITY];
  if (char === '+') return [1, 1, Number.POSITIVE_INFINITY];
  if (char === '?') return [1, 0, 1];
  const match = /^\{(?:([0-9]+)|([0-9]*),([0-9]*))\}/.exec(reader.text.slice(reader.at, reader.at + 40));
  if (match === null) return null;
  const [all, exact, from = '', to = ''] = match;
  if (exact !== undefined) return [all.length, Number(exact), Number(exact)];
  return [all.length, Number(from), to === '' ? Number.POSITIVE_INFINITY : Number(to)];
}

function take(reader: RegexReader, char: string): boolean {
  if (reader.text[reader.at] !== char) return false;
  reader.at++;
  return true;
}
