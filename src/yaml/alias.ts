import type { Alias } from 'yaml';
import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import { type Building, type Built, charge, fail, NOTHING } from './building.ts';
import { UNSAFE } from './tags.ts';

/** What an alias stands for: the very same value, which is charged for. */
export function buildAlias(node: Alias.Parsed, to: Building): Built {
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
