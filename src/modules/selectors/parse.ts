import { isGlob } from '../../base/glob.ts';
import type { DomainState } from '../../model/facts.ts';
import { placeOf } from '../../yaml/places.ts';
import type { BaseRule, DomainMatch, DomainSelector, RawRule } from './rule.ts';

/** The common part of a rule, from what the schema has let through. */
export function toBaseRule(rules: readonly RawRule[], raw: RawRule, index: number): BaseRule {
  const place = placeOf(raw) ?? placeOf(rules, index);
  const domain = raw.domain === undefined ? null : toDomainSelector([raw.domain].flat());
  return {
    name: raw.name ?? `rule ${index + 1}`,
    file: place?.file ?? '',
    line: place?.line ?? 0,
    required: raw.required ?? false,
    ...(raw.skip_unsupported === true ? { skipUnsupported: true } : {}),
    exact: domain === null ? [] : domain.include.filter((word) => !isGlob(word)),
    domain,
    match: toMatch(raw.match),
    applyTo: raw.apply_to ?? 'both',
    ...(place === undefined ? {} : { place }),
  };
}

function toDomainSelector(words: readonly string[]): DomainSelector {
  return {
    include: words.filter((word) => !word.startsWith('!')),
    exclude: words.filter((word) => word.startsWith('!')).map((word) => word.slice(1)),
    literal: false,
  };
}

function toMatch(raw: RawRule['match']): DomainMatch {
  if (raw?.state === undefined) return (raw ?? {}) as DomainMatch;
  // `virsh list` writes "shut off".
  const state = [raw.state].flat().map((name) => name.replace(' ', '') as DomainState);
  return { ...raw, state };
}
