import { isGlob } from '../../base/glob.ts';
import type { BaseRule } from './rule.ts';

/**
 * The names and UUIDs of the only VMs that these rules can be about; null where one may name others, or where there is
 * no rule (commands that only read give none). `match` and what a rule excludes make it fewer, never more.
 */
export function namedVms(rules: readonly BaseRule[]): readonly string[] | null {
  const words = new Set<string>();
  for (const { domain, match } of rules) {
    if (domain === null || domain.include.length === 0) {
      if (match.server === undefined) return null;
      for (const id of match.server.ids) words.add(id);
      continue;
    }
    for (const word of domain.include) {
      if (!domain.literal && isGlob(word)) return null;
      words.add(word);
    }
  }
  return rules.length === 0 ? null : [...words];
}
