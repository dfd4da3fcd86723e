import { isGlob } from '../../base/glob.ts';
import { parseDuration } from '../../base/time/duration.ts';
import type { DomainState } from '../../model/facts.ts';
import { placeOf } from '../../yaml/places.ts';
import type { BaseRule, DomainMatch, RawRule } from './rule.ts';
import { type Servers, toServerMatch } from './servers.ts';
import { toTimes } from './times.ts';
import { toDomainSelector } from './words.ts';

/**
 * The common part of a rule, from what the schema has let through.
 * @param servers of the host that the rule is for
 */
export function toBaseRule(
  rules: readonly RawRule[],
  raw: RawRule,
  index: number,
  servers: Servers = null,
): BaseRule {
  const place = placeOf(raw) ?? placeOf(rules, index);
  const times = toTimes(raw);
  const domain = raw.domain === undefined ? null : toDomainSelector([raw.domain].flat());
  return {
    name: raw.name ?? `rule ${index + 1}`,
    file: place?.file ?? '',
    line: place?.line ?? 0,
    required: raw.required ?? false,
    ...(raw.skip_unsupported === true ? { skipUnsupported: true } : {}),
    ...(times === null ? {} : { times }),
    ...(raw.otherwise === undefined ? {} : { otherwise: raw.otherwise }),
    ...(raw.ramp === undefined
      ? {}
      : { ramp: { step: raw.ramp.step, everySeconds: parseDuration(raw.ramp.every) ?? 0 } }),
    exact: domain === null ? [] : domain.include.filter((word) => !isGlob(word)),
    domain,
    match: toMatch(raw.match, servers),
    applyTo: raw.apply_to ?? 'both',
    ...(raw.from === undefined ? {} : { from: raw.from }),
    ...(place === undefined ? {} : { place }),
  };
}

function toMatch(raw: RawRule['match'] = {}, servers: Servers): DomainMatch {
  const { state, server, ...others } = raw;
  // `virsh list` writes "shut off".
  const states =
    state === undefined ? undefined : [state].flat().map((name) => name.replace(' ', '') as DomainState);
  return {
    ...others,
    ...(states === undefined ? {} : { state: states }),
    ...(server === undefined ? {} : { server: toServerMatch(server, servers) }),
  };
}
