import { isAlias, isMap, isScalar, type ParsedNode } from 'yaml';
import { shorten } from '../base/text.ts';
import { buildAlias } from './alias.ts';
import { type Building, fail, refuse } from './building.ts';
import type { RefusedValue } from './refused.ts';
import { isTextTag } from './tags.ts';

/** `<<`, whose maps are merged into the one that it stands in. */
export function isMergeKey(key: ParsedNode): boolean {
  return isScalar(key) && key.value === '<<' && key.type === 'PLAIN' && key.tag === undefined;
}

/**
 * Keys are texts: a number or a word such as `yes` is taken as it is written.
 * @returns null for a mistake, a refused value for a key whose tag makes the whole map one
 */
export function mapKey(node: ParsedNode | null, to: Building, map: ParsedNode): string | RefusedValue | null {
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
  if (node.tag !== undefined && !isTextTag(node.tag))
    return refuse(to, node, `a key cannot have a tag (${shorten(node.tag)})`);
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
