import { ruleKey } from '../engine/job.ts';
import type { RunResult, UnmatchedRule } from '../model/result.ts';

/** Rules that name nothing, without those of which a VM that no host has says the same already. */
export function untoldRules({ unmatchedRules, missingDomains }: RunResult): readonly UnmatchedRule[] {
  const told = new Set(missingDomains.map(({ rule }) => ruleKey(rule)));
  return unmatchedRules.filter((rule) => rule.required || !told.has(ruleKey(rule)));
}
