import {
  type Alias,
  isAlias,
  isMap,
  isScalar,
  type ParsedNode,
  type Scalar,
  type YAMLMap,
  type YAMLSeq,
} from 'yaml';
import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import {
  copyEntryPlace,
  keyPlaceOf,
  keysInOrder,
  placeAt,
  type Source,
  setEntryPlace,
  setPlace,
} from './places.ts';
import { isMisleadingOctal, resolvePlain } from './scalar.ts';
import { MAX_DEPTH, tooDeep } from './syntax.ts';
import { collectionTag, taggedScalar, UNSAFE } from './tags.ts';
import { UnsafeText } from './unsafe.ts';

export interface ParsedYaml {
  /** Null for an empty file and for one whose syntax is wrong. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** How much aliases may add to a file: what they share is walked once for each of them by whoever reads it. */
const MAX_ALIASED = 1_000_000;
const MAX_ERRORS = 50;

interface Building {
  readonly source: Source;
  readonly diagnostics: Diagnostic[];
  readonly anchors: Map<string, Anchored>;
  /** Values added by aliases so far. */
  aliased: number;
  /** How many maps and lists around are `!unsafe`. */
  unsafe: number;
  /** Where the text ends, when no line break ends it. */
  readonly openEnd: number | null;
}

/** A value and how many values it has in it; null while it is still being built. */
type Anchored = { readonly value: unknown; readonly size: number } | null;

/** From YAML's syntax tree to plain data with places. See parseYaml. */
export function buildValue(root: ParsedNode, source: Source, text: string): ParsedYaml {
  const openEnd = text.endsWith('\n') ? null : text.length;
  const building: Building = { source, diagnostics: [], anchors: new Map(), aliased: 0, unsafe: 0, openEnd };
  const { value } = build(root, building, 0);
  return { value, diagnostics: building.diagnostics };
}

interface Built {
  readonly value: unknown;
  readonly size: number;
}

const NOTHING: Built = { value: null, size: 1 };

function build(node: ParsedNode | null, to: Building, depth: number): Built {
  if (node === null) return NOTHING;
  if (depth > MAX_DEPTH) return fail(to, node, tooDeep());
  if (isAlias(node)) return buildAlias(node, to);
  const anchor = node.anchor;
  if (anchor !== undefined) to.anchors.set(anchor, null);
  const built = buildContent(node, to, depth);
  if (anchor !== undefined) to.anchors.set(anchor, built);
  return built;
}

function buildContent(node: Exclude<ParsedNode, Alias.Parsed>, to: Building, depth: number): Built {
  if (isScalar(node)) {
    const value = scalar(node, to);
    return { value: to.unsafe > 0 && typeof value === 'string' ? new UnsafeText(value) : value, size: 1 };
  }
  const problem = collectionTag(node.tag, isMap(node));
  if (problem !== null) fail(to, node, problem.message, problem.hint);
  if (node.tag === UNSAFE) to.unsafe++;
  const built = isMap(node) ? buildMap(node, to, depth) : buildList(node as YAMLSeq.Parsed, to, depth);
  if (node.tag === UNSAFE) to.unsafe--;
  return built;
}

function scalar(node: Scalar.Parsed, to: Building): unknown {
  const text = textOf(node, to);
  if (node.tag !== undefined) {
    const tagged = taggedScalar(node.tag, text);
    if ('value' in tagged) return tagged.value;
    return fail(to, node, tagged.message, tagged.hint).value;
  }
  if (node.type !== 'PLAIN') return text;
  if (isMisleadingOctal(text)) to.source.octals?.set(node.range[0], text);
  return resolvePlain(text);
}

/** A block of text has no line break at its end where the file has none; the library adds one. */
function textOf(node: Scalar.Parsed, to: Building): string {
  const text = String(node.value ?? '');
  const isBlock = node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED';
  return isBlock && node.range[1] === to.openEnd && text.endsWith('\n') ? text.slice(0, -1) : text;
}

function buildAlias(node: Alias.Parsed, to: Building): Built {
  const name = node.source;
  if (to.unsafe > 0)
    return fail(to, node, `the alias "*${name}" stands in what is ${UNSAFE}`, 'write the value out');
  const anchored = to.anchors.get(name);
  if (anchored === undefined) {
    return fail(
      to,
      node,
      `no anchor "&${name}" before this alias`,
      didYouMeanHint(name, to.anchors.keys()) ??
        `if the value begins with "*", put it in quotes: "*${shorten(name)}"`,
    );
  }
  if (anchored === null) return fail(to, node, `the alias "*${name}" stands inside its own anchor`);
  return charge(to, node, anchored.size) ? anchored : NOTHING;
}

/** Counts what aliases and merges add; false once that is too much. */
function charge(to: Building, node: ParsedNode, size: number): boolean {
  const before = to.aliased;
  to.aliased += size;
  if (to.aliased <= MAX_ALIASED) return true;
  if (before <= MAX_ALIASED)
    fail(to, node, 'aliases make this file expand without bounds', 'write the values out');
  return false;
}

function buildList(node: YAMLSeq.Parsed, to: Building, depth: number): Built {
  const list: unknown[] = [];
  setPlace(list, to.source, node.range[0]);
  let size = 1;
  for (const item of node.items) {
    const built = build(item, to, depth + 1);
    const at = startOf(item) ?? node.range[0];
    setEntryPlace(list, list.length, to.source, at, at);
    list.push(built.value);
    size += built.size;
  }
  return { value: list, size };
}

function buildMap(node: YAMLMap.Parsed, to: Building, depth: number): Built {
  const map: Record<string, unknown> = {};
  setPlace(map, to.source, node.range[0]);
  const merges: { readonly node: ParsedNode; readonly value: unknown }[] = [];
  let size = 1;
  for (const pair of node.items) {
    const keyNode = pair.key as ParsedNode | null;
    const built = build(pair.value, to, depth + 1);
    size += built.size;
    const keyAt = startOf(keyNode) ?? node.range[0];
    if (keyNode !== null && isMergeKey(keyNode)) {
      merges.push({ node: keyNode, value: built.value });
      continue;
    }
    const key = mapKey(keyNode, to, node);
    if (key === null) continue;
    if (Object.hasOwn(map, key)) {
      const first = keyPlaceOf(map, key);
      const hint = first && `it is already in line ${first.line}; the keys of a map must differ`;
      fail(to, keyNode ?? node, `duplicate key "${shorten(key)}"`, hint);
      continue;
    }
    map[key] = built.value;
    setEntryPlace(map, key, to.source, keyAt, startOf(pair.value) ?? keyAt);
  }
  for (const merge of merges) size += mergeInto(map, merge.value, merge.node, to);
  return { value: map, size };
}

/** Keys that the map has itself win, then those of the first map that is merged. Returns how many were added. */
function mergeInto(map: Record<string, unknown>, value: unknown, node: ParsedNode, to: Building): number {
  const maps = Array.isArray(value) ? value : [value];
  let added = 0;
  for (const from of maps as readonly unknown[]) {
    if (typeof from !== 'object' || from === null || Array.isArray(from)) {
      fail(to, node, 'only a map, or a list of maps, can be merged with "<<"');
      return added;
    }
    const keys = keysInOrder(from);
    if (!charge(to, node, keys.length)) return added;
    for (const key of keys) {
      if (Object.hasOwn(map, key)) continue;
      map[key] = (from as Record<string, unknown>)[key];
      copyEntryPlace(from, key, map, key);
      added++;
    }
  }
  return added;
}

function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined;
}

/** Keys are texts: a number or a word such as `yes` is taken as it is written. */
function mapKey(node: ParsedNode | null, to: Building, map: ParsedNode): string | null {
  if (node === null) return refuseKey(to, map, 'a key is missing before the colon');
  if (isAlias(node)) {
    const { value } = buildAlias(node, to);
    if (typeof value === 'string' || typeof value === 'number') return safeKey(String(value), node, to);
    return refuseKey(to, node, 'a key must be a text');
  }
  if (!isScalar(node)) {
    const braces = isMap(node) && node.flow === true;
    return refuseKey(to, node, 'a key must be a text', braces ? TEMPLATE_HINT : undefined);
  }
  if (node.anchor !== undefined) to.anchors.set(node.anchor, { value: node.value, size: 1 });
  if (node.tag !== undefined) return refuseKey(to, node, `a key cannot have a tag (${shorten(node.tag)})`);
  return safeKey(String(node.value ?? ''), node, to);
}

const TEMPLATE_HINT = 'a value that begins with "{{" must be in quotes: "{{ name }}"';

function safeKey(key: string, node: ParsedNode, to: Building): string | null {
  // Assigning it would replace the object's prototype instead of adding a key.
  return key === '__proto__' ? refuseKey(to, node, 'the key "__proto__" is not allowed') : key;
}

function refuseKey(to: Building, node: ParsedNode, message: string, hint?: string): null {
  fail(to, node, message, hint);
  return null;
}

function fail(to: Building, node: ParsedNode, message: string, hint?: string): Built {
  if (to.diagnostics.length < MAX_ERRORS) {
    const place = placeAt(to.source, startOf(node) ?? 0);
    to.diagnostics.push({ severity: 'error', message, ...(hint === undefined ? {} : { hint }), place });
  }
  return NOTHING;
}

function startOf(node: ParsedNode | null | undefined): number | undefined {
  return node?.range[0];
}
