import { fromAnsibleJson } from './json_ansible.ts';
import { type Source, setEntryPlace, setPlace } from './places.ts';
import { MAX_BYTES, MAX_DEPTH } from './syntax.ts';

/** A document that is JSON; null for what is not, or not quite: parseYaml reads that, and says what is wrong. */
export interface ParsedJson {
  readonly value: unknown;
}

interface Reader {
  readonly text: string;
  readonly source: Source;
  at: number;
  values: number;
}

const MAX_VALUES = 600_000;

/** Thrown within this file only. */
class NotJson extends Error {}

/**
 * Reads strict JSON, with places, faster than YAML is read: what `ansible-inventory --list` and inventory scripts
 * print is large. Files of JSON are read as such by Ansible, too. Duplicate keys and numbers that would lose digits are
 * left to YAML.
 */
export function parseJson(text: string, source: Source): ParsedJson | null {
  if (text.length > MAX_BYTES || !/^\s*[[{]/.test(text)) return null;
  const reader: Reader = { text, source, at: 0, values: 0 };
  try {
    const value = parseValue(reader, 0);
    skipBlanks(reader);
    return reader.at === text.length ? { value } : null;
  } catch (error) {
    if (error instanceof NotJson) return null;
    throw error;
  }
}

function parseValue(reader: Reader, depth: number): unknown {
  skipBlanks(reader);
  if (depth > MAX_DEPTH || ++reader.values > MAX_VALUES) throw new NotJson();
  const char = reader.text[reader.at];
  if (char === '{') return parseMap(reader, depth);
  if (char === '[') return parseList(reader, depth);
  if (char === '"') return parseText(reader);
  return parseWord(reader);
}

function parseMap(reader: Reader, depth: number): unknown {
  const map: Record<string, unknown> = {};
  setPlace(map, reader.source, reader.at++);
  if (closes(reader, '}')) return map;
  do {
    skipBlanks(reader);
    const keyAt = reader.at;
    const key = parseText(reader);
    if (key === '__proto__' || Object.hasOwn(map, key)) throw new NotJson();
    skipBlanks(reader);
    if (reader.text[reader.at++] !== ':') throw new NotJson();
    skipBlanks(reader);
    const valueAt = reader.at;
    map[key] = parseValue(reader, depth + 1);
    setEntryPlace(map, key, reader.source, keyAt, valueAt);
  } while (!endsAfter(reader, '}'));
  return fromAnsibleJson(map);
}

function parseList(reader: Reader, depth: number): unknown {
  const list: unknown[] = [];
  setPlace(list, reader.source, reader.at++);
  if (closes(reader, ']')) return list;
  do {
    skipBlanks(reader);
    const at = reader.at;
    const value = parseValue(reader, depth + 1);
    setEntryPlace(list, list.length, reader.source, at, at);
    list.push(value);
  } while (!endsAfter(reader, ']'));
  return list;
}

/** Takes the bracket of an empty container. */
function closes(reader: Reader, bracket: string): boolean {
  skipBlanks(reader);
  if (reader.text[reader.at] !== bracket) return false;
  reader.at++;
  return true;
}

/** Takes what stands after a member: false for a comma, after which another one follows. */
function endsAfter(reader: Reader, bracket: string): boolean {
  skipBlanks(reader);
  const char = reader.text[reader.at++];
  if (char !== ',' && char !== bracket) throw new NotJson();
  return char === bracket;
}

function parseText(reader: Reader): string {
  if (reader.text[reader.at] !== '"') throw new NotJson();
  const start = reader.at;
  let end = start;
  do {
    end = reader.text.indexOf('"', end + 1);
    if (end < 0) throw new NotJson();
  } while (isEscaped(reader.text, end));
  reader.at = end + 1;
  const raw = reader.text.slice(start, end + 1);
  // Most texts are plain, and JSON.parse checks the others.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a text that has one is no JSON
  return /[\\\x00-\x1f]/.test(raw) ? (fromLibrary(raw) as string) : raw.slice(1, -1);
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text[at - 1 - slashes] === '\\') slashes++;
  return slashes % 2 === 1;
}

const WORD = /[-+.\w]{1,400}/y;

function parseWord(reader: Reader): unknown {
  WORD.lastIndex = reader.at;
  const word = WORD.exec(reader.text)?.[0];
  if (word === undefined) throw new NotJson();
  reader.at += word.length;
  const value = fromLibrary(word);
  if (typeof value === 'number' && (!Number.isFinite(value) || tooPrecise(word, value))) throw new NotJson();
  return Object.is(value, -0) ? 0 : value;
}

function tooPrecise(word: string, value: number): boolean {
  return /^-?[0-9]+$/.test(word) && !Number.isSafeInteger(value);
}

function fromLibrary(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new NotJson();
  }
}

function skipBlanks(reader: Reader): void {
  for (; ; reader.at++) {
    const code = reader.text.charCodeAt(reader.at);
    if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
  }
}
