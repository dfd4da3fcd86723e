import { isGlob } from '../../base/glob.ts';
import type { BaseRule } from './rule.ts';

/**
 * The positions of rules that may name all that a rule names: those whose domains are not plain words, and those that
 * have its first word. Hosts may have hundreds of rules, each for a VM of its own.
 */
export function widerCandidates(rules: readonly BaseRule[]): (rule: BaseRule) => readonly number[] {
  const wide: number[] = [];
  const byWord = new Map<string, number[]>();
  for (const [index, { domain }] of rules.entries()) {
    if (domain === null || domain.include.length === 0 || domain.include.some(isGlob)) wide.push(index);
    else for (const word of new Set(domain.include)) byWord.set(word, [...(byWord.get(word) ?? []), index]);
  }
  return ({ domain }) => {
    const [first] = domain?.include ?? [];
    const own = first === undefined ? [] : (byWord.get(first) ?? []);
    return own.length === 0 ? wide : [...wide, ...own].sort((a, b) => a - b);
  };
}
