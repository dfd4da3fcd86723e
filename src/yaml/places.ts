import type { Place } from '../model/diagnostic.ts';

/** A file's text as far as places need it: offsets become lines and columns only when someone asks. */
export interface Source {
  readonly file: string;
  /** Offsets at which lines start, ascending, the first one 0. */
  readonly lineStarts: readonly number[];
  /** Numbers that YAML 1.1 reads as octal and people do not, as they are written, by their offsets. */
  readonly octals?: Map<number, string>;
}

/** Where a key and its value stand. In a list the key is the item itself. */
interface Entry {
  readonly key: Spot;
  readonly value: Spot;
}

interface Spot {
  readonly source: Source;
  readonly offset: number;
}

interface Places {
  /** Null for what was merged from several. */
  readonly self: Spot | null;
  readonly entries: Map<string | number, Entry>;
  /** Containers that this one was overlaid from; a later one wins. */
  readonly layers: readonly object[];
}

/** Values stay plain data: their places are kept beside them, and go when they go. */
const table = new WeakMap<object, Places>();

/** Notes where a container begins. */
export function setPlace(container: object, source: Source, at: number): void {
  table.set(container, { self: { source, offset: at }, entries: new Map(), layers: [] });
}

/** Notes where a value of a container that has a place stands, and its key. */
export function setEntryPlace(
  container: object,
  key: string | number,
  source: Source,
  keyAt: number,
  valueAt: number,
): void {
  const value = { source, offset: valueAt };
  const place = keyAt === valueAt ? value : { source, offset: keyAt };
  table.get(container)?.entries.set(key, { key: place, value });
}

/** The place of a container, or of the value under a key of it. Undefined for data that no file gave. */
export function placeOf(container: unknown, key?: string | number): Place | undefined {
  if (key !== undefined) {
    const entry = entryOf(container, key);
    return entry && spotPlace(entry.value);
  }
  const record = placesOf(container);
  return record?.self ? spotPlace(record.self) : undefined;
}

/** How the value under a key is written where YAML 1.1 reads it as octal, and so as another number: `010`. */
export function octalOf(container: object, key: string | number): string | undefined {
  const spot = entryOf(container, key)?.value;
  return spot?.source.octals?.get(spot.offset);
}

/** The place of a key itself. */
export function keyPlaceOf(container: unknown, key: string | number): Place | undefined {
  const entry = entryOf(container, key);
  return entry && spotPlace(entry.key);
}

/** The keys of a map in the order in which they were written; objects put those that look like numbers first. */
export function keysInOrder(container: object): readonly string[] {
  const record = table.get(container);
  const keys = Object.keys(container);
  if (record === undefined || record.entries.size !== keys.length) return keys;
  return [...record.entries.keys()].map(String);
}

/** Gives a changed copy of a container the places of the original. */
export function copyPlaces(from: object, to: object): void {
  const record = table.get(from);
  if (record !== undefined) table.set(to, { ...record, entries: new Map(record.entries) });
}

/**
 * Lets the value under a key of `to` stand where the one under a key of `from` stands.
 * @param part `value` keeps the key's own place as it is
 */
export function copyEntryPlace(
  from: object,
  fromKey: string | number,
  to: object,
  toKey: string | number,
  part: 'both' | 'value' = 'both',
): void {
  const entry = entryOf(from, fromKey);
  if (entry === undefined) return;
  const key = part === 'value' ? (entryOf(to, toKey)?.key ?? entry.key) : entry.key;
  placesFor(to).entries.set(toKey, { key, value: entry.value });
}

/** Gives an object that was merged from layers their places, the last one that has a key deciding. */
export function overlayPlaces(to: object, layers: readonly object[]): void {
  table.set(to, { self: null, entries: new Map(), layers });
}

function placesFor(container: object): Places {
  const known = table.get(container);
  if (known !== undefined) return known;
  const fresh: Places = { self: null, entries: new Map(), layers: [] };
  table.set(container, fresh);
  return fresh;
}

function placesOf(container: unknown): Places | undefined {
  return typeof container === 'object' && container !== null ? table.get(container) : undefined;
}

function entryOf(container: unknown, key: string | number): Entry | undefined {
  const record = placesOf(container);
  if (record === undefined) return undefined;
  const own = record.entries.get(key);
  if (own !== undefined) return own;
  const layer = record.layers.findLast((candidate) => Object.hasOwn(candidate, key));
  return layer && entryOf(layer, key);
}

function spotPlace({ source, offset }: Spot): Place {
  return placeAt(source, offset);
}

/** The place of an offset. */
export function placeAt(source: Source, offset: number): Place {
  let low = 0;
  let high = source.lineStarts.length - 1;
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((source.lineStarts[middle] ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  return { file: source.file, line: low + 1, column: offset - (source.lineStarts[low] ?? 0) + 1 };
}
