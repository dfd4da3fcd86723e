import { planVisit } from '../engine/plan.ts';
import { commandLines } from '../model/change.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { AnyModule, ScanPart, ScanSelector } from '../modules/module.ts';

export interface ScannedHost {
  readonly name: string;
  readonly facts: HostFacts;
}

/** A rule as a file has it, and the VMs that it is about. */
export interface ScannedRule extends Part {
  readonly domains: readonly ScannedDomain[];
}

export interface ScannedDomain {
  /** What the rule's `domain` says: a name, or a UUID where the name would not do. */
  readonly word: string;
  readonly name: string;
  readonly host: string;
}

/** What a rule says besides the VMs that it is about. */
export interface Part {
  readonly selector: ScanSelector;
  readonly part: ScanPart;
}

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
      const key = JSON.stringify(part);
      const known = rules.get(key) ?? { part, domains: new Map<string, ScannedDomain>() };
      rules.set(key, known);
      if (!known.domains.has(word)) known.domains.set(word, { word, name: domain.name, host });
    }
  }
  return [...rules.values()].map(({ part, domains }) => ({ ...part, domains: [...domains.values()] }));
}

/** The rule as YAML has it. */
export function writtenRule({ selector, part, domains }: ScannedRule): Readonly<Record<string, unknown>> {
  const words = domains.map(({ word }) => word);
  return { domain: words.length === 1 ? words[0] : words, ...selector, ...part };
}

const NO_TASK = {
  play: '',
  task: '',
  rank: 0,
  ignoreErrors: false,
  listAll: false,
  rewrite: false,
  kernel: false,
  // Rules that are written by scan hold always.
  now: 0,
};

/** The words of VMs that these rules would change or not manage, with the reason. */
export function misfits(
  module: AnyModule,
  rules: readonly ScannedRule[],
  hosts: readonly ScannedHost[],
): ReadonlyMap<string, string> {
  const bad = new Map<string, string>();
  for (const rule of rules) {
    const { diagnostics } = module.parse({ rules: [writtenRule(rule)] });
    const error = diagnostics.find(({ severity }) => severity === 'error');
    if (error !== undefined) for (const { word } of rule.domains) bad.set(word, error.message);
  }
  if (bad.size > 0) return bad;
  const { args } = module.parse({ rules: rules.map(writtenRule) });
  if (args === null) throw new TypeError('rules that are right one by one are wrong together');
  for (const { name, facts } of hosts) {
    const task = { ...NO_TASK, host: name, module, args };
    for (const { change } of planVisit([task], facts).changes) {
      if (change.status === 'inSync') continue;
      const why = change.reason ?? `a rule would change it: ${commandLines(change).join('; ')}`;
      const { name: vm, uuid } = change.domain;
      for (const { domains } of rules)
        for (const { word } of domains) if (word === vm || word === uuid) bad.set(word, why);
    }
  }
  return bad;
}
