import type { Domain, HostFacts } from '../../model/facts.ts';
import { parseArgs } from './args.ts';
import { ruleMatches } from './match.ts';
import { planHost } from './plan.ts';
import type { CardPart, WrittenLimits } from './scan_card.ts';

export interface ScannedHost {
  readonly name: string;
  readonly facts: HostFacts;
}

/** A rule as a file has it, and the VMs that it is about. */
export interface ScannedRule {
  readonly nic: 'all' | readonly number[] | { readonly mac: string };
  readonly limits: WrittenLimits;
  readonly applyTo: CardPart['applyTo'];
  readonly domains: readonly ScannedDomain[];
}

export interface ScannedDomain {
  /** What the rule's `domain` says: a name, or a UUID where the name would not do. */
  readonly word: string;
  readonly name: string;
  readonly host: string;
}

/** What a rule says besides the VMs that it is about. */
export type Part = Pick<ScannedRule, 'nic' | 'limits' | 'applyTo'>;

/** A VM with its rules, and how they name it. */
export interface Kept {
  readonly host: string;
  readonly domain: Domain;
  readonly parts: readonly Part[];
  readonly word: string;
}

/** One rule for all VMs that have the same, in the order in which they were found. */
export function group(kept: readonly Kept[]): readonly ScannedRule[] {
  const rules = new Map<string, { readonly part: Part; readonly domains: Map<string, ScannedDomain> }>();
  for (const { host, domain, parts, word } of kept) {
    for (const part of parts) {
      const key = JSON.stringify([part.nic, part.limits, part.applyTo]);
      const known = rules.get(key) ?? { part, domains: new Map<string, ScannedDomain>() };
      rules.set(key, known);
      if (!known.domains.has(word)) known.domains.set(word, { word, name: domain.name, host });
    }
  }
  return [...rules.values()].map(({ part, domains }) => ({ ...part, domains: [...domains.values()] }));
}

/** The rule as YAML has it. */
export function writtenRule({
  nic,
  limits,
  applyTo,
  domains,
}: ScannedRule): Readonly<Record<string, unknown>> {
  const words = domains.map(({ word }) => word);
  return {
    domain: words.length === 1 ? words[0] : words,
    ...(nic === 'all' ? {} : { nic: Array.isArray(nic) && nic.length === 1 ? nic[0] : nic }),
    ...limits,
    ...(applyTo === 'both' ? {} : { apply_to: applyTo }),
  };
}

/** The words of VMs that these rules would change or not manage, with the reason. */
export function misfits(
  rules: readonly ScannedRule[],
  hosts: readonly ScannedHost[],
): ReadonlyMap<string, string> {
  const bad = new Map<string, string>();
  for (const rule of rules) {
    const { diagnostics } = parseArgs({ rules: [writtenRule(rule)] });
    const error = diagnostics.find(({ severity }) => severity === 'error');
    if (error !== undefined) for (const { word } of rule.domains) bad.set(word, error.message);
  }
  if (bad.size > 0) return bad;
  const { args } = parseArgs({ rules: rules.map(writtenRule) });
  if (args === null) throw new TypeError('rules that are right one by one are wrong together');
  for (const { facts } of hosts) {
    for (const { card, result } of planHost(args, facts).items) {
      if (result.status === 'inSync') continue;
      const why = result.message ?? `a rule would change it: ${result.commands.join('; ')}`;
      for (const [index, rule] of rules.entries()) {
        const parsed = args.rules[index];
        if (parsed === undefined || !ruleMatches(parsed, card)) continue;
        for (const { word } of rule.domains)
          if (word === card.domain.name || word === card.domain.uuid) bad.set(word, why);
      }
    }
  }
  return bad;
}
