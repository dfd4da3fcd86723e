import type { MissingDomain, RunEvidence, UnmatchedRule } from '../model/result.ts';
import type { RuleRef } from '../model/status.ts';
import { ruleKey } from './job.ts';

/** What is wrong with rules, once everything that belongs to a run was read. */
export interface Judgement {
  /** Rules that named nothing on the hosts that were read. */
  readonly unmatchedRules: readonly UnmatchedRule[];
  /** Exact names that no host has, of rules all of whose hosts were read. */
  readonly missingDomains: readonly MissingDomain[];
  /** A required rule is among them, and every host of its play was read: the input is wrong. */
  readonly requiredUnmet: boolean;
}

export function judge({ plays, names }: RunEvidence): Judgement {
  // Hosts that could not be read say nothing of what a rule names.
  const told = plays.filter(({ read }) => read > 0);
  const unmatched = new Map(told.flatMap((play) => play.unmatched.map((rule) => [ruleKey(rule), rule])));
  return {
    unmatchedRules: [...unmatched.values()],
    missingDomains: names.flatMap(({ rule, known, missing }) => {
      const there = new Set(known);
      return missing.flatMap((domain) => (there.has(domain) ? [] : [{ domain, rule }]));
    }),
    requiredUnmet: told.some(
      ({ unread, unmatched: own }) => unread === 0 && own.some(({ required }) => required),
    ),
  };
}

/** What the parts of one run tell together; all of them have the same plays. */
export function joinEvidence(parts: readonly RunEvidence[]): RunEvidence {
  const [first] = parts;
  const plays = (first?.plays ?? []).map((_, index) => {
    const own = parts.flatMap((part) => part.plays[index] ?? []);
    const sets = own.map(({ unmatched }) => new Set(unmatched.map(ruleKey)));
    const sum = (count: (play: (typeof own)[number]) => number) =>
      own.reduce((all, play) => all + count(play), 0);
    return {
      read: sum(({ read }) => read),
      unread: sum(({ unread }) => unread),
      unmatched: (own[0]?.unmatched ?? []).filter((rule) => sets.every((set) => set.has(ruleKey(rule)))),
    };
  });
  const names = new Map<string, { rule: RuleRef; known: Set<string>; missing: Set<string> }>();
  for (const { rule, known, missing } of parts.flatMap((part) => part.names)) {
    const all = names.get(ruleKey(rule)) ?? { rule, known: new Set(), missing: new Set() };
    names.set(ruleKey(rule), all);
    for (const name of known) all.known.add(name);
    for (const name of missing) all.missing.add(name);
  }
  return {
    plays,
    names: [...names.values()].map(({ rule, known, missing }) => ({
      rule,
      known: [...known],
      missing: [...missing].filter((name) => !known.has(name)),
    })),
  };
}
