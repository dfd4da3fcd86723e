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
import { shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { buildAlias } from './alias.ts';
import { type Building, type Built, charge, fail, NOTHING, refuse, startOf } from './building.ts';
import { isMergeKey, mapKey } from './keys.ts';
import { copyEntryPlace, keyPlaceOf, keysInOrder, type Source, setEntryPlace, setPlace } from './places.ts';
import { RefusedValue } from './refused.ts';
import { isMisleadingOctal, resolvePlain } from './scalar.ts';
import { MAX_DEPTH, tooDeep } from './syntax.ts';
import { collectionTag, taggedScalar, UNSAFE } from './tags.ts';
import { UnsafeText } from './unsafe.ts';

export interface ParsedYaml {
  /** Null for an empty file and for one whose syntax is wrong. */
  readonly value: unknown;
  readonly diagnostics: readonly Diagnostic[];
}

/** What a file is, with what is refused of it still in its place where `refused` says that there is any. */
export interface BuiltYaml extends ParsedYaml {
  readonly refused: boolean;
}

/** From YAML's syntax tree to plain data with places. See parseYaml. */
export function buildValue(root: ParsedNode, source: Source, text: string): BuiltYaml {
  const openEnd = text.endsWith('\n') ? null : text.length;
  const building: Building = {
    ...{ source, diagnostics: [], anchors: new Map(), aliased: 0, unsafe: 0, refused: false, openEnd },
  };
  const { value } = build(root, building, 0);
  return { value, diagnostics: building.diagnostics, refused: building.refused };
}

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
  if (node.tag === UNSAFE) to.unsafe++;
  const built = isMap(node) ? buildMap(node, to, depth) : buildList(node as YAMLSeq.Parsed, to, depth);
  if (node.tag === UNSAFE) to.unsafe--;
  return problem === null ? built : { ...built, value: refuse(to, node, problem.message, problem.hint) };
}

function scalar(node: Scalar.Parsed, to: Building): unknown {
  const text = textOf(node, to);
  if (node.tag !== undefined) {
    const tagged = taggedScalar(node.tag, text);
    if ('value' in tagged) return tagged.value;
    return refuse(to, node, tagged.message, tagged.hint);
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
  let refused: RefusedValue | null = null;
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
    if (key instanceof RefusedValue) refused = key;
    if (key === null || key instanceof RefusedValue) continue;
    if (Object.hasOwn(map, key)) {
      const first = keyPlaceOf(map, key);
      const hint = first && `it is already in line ${first.line}; the keys of a map must differ`;
      fail(to, keyNode ?? node, `duplicate key "${shorten(key)}"`, hint);
      continue;
    }
    map[key] = built.value;
    setEntryPlace(map, key, to.source, keyAt, startOf(pair.value) ?? keyAt);
  }
  for (const merge of merges) {
    const [first] = [merge.value].flat().filter((from) => from instanceof RefusedValue);
    if (first === undefined) size += mergeInto(map, merge.value, merge.node, to);
    else refused = first;
  }
  return { value: refused ?? map, size };
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
