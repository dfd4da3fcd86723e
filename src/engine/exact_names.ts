import type { Domain } from '../model/facts.ts';
import type { NameEvidence } from '../model/result.ts';
import type { RuleInfo } from '../modules/module.ts';
import { type HostJob, ruleKey } from './job.ts';

/** Gathers what becomes of the exact names in the rules of a run, as hosts are read. */
export interface ExactNames {
  /** A host was read, and has these VMs. */
  read(job: HostJob, domains: readonly Domain[]): void;
  /** A host was not read, or not all of its VMs were: what its rules name may be there. */
  unread(job: HostJob): void;
  /** Each rule that has exact names once. */
  evidence(): readonly NameEvidence[];
}

/** A name is missing where no host has a VM of it, and every host that a rule is for was read. */
export function exactNames(): ExactNames {
  const seen = new Set<RuleInfo>();
  const open = new Set<RuleInfo>();
  const present = new Set<string>();
  const rulesOf = ({ tasks }: HostJob) => tasks.flatMap(({ module, args }) => module.rules(args));
  return {
    read(job, domains) {
      for (const rule of rulesOf(job)) {
        seen.add(rule);
        for (const name of presentNames(rule, domains)) present.add(keyOf(rule, name));
      }
    },
    unread(job) {
      for (const rule of rulesOf(job)) open.add(rule);
    },
    evidence() {
      const known = new Set(present);
      for (const rule of open) for (const name of rule.exact ?? []) known.add(keyOf(rule, name));
      const rules = new Map<string, { rule: RuleInfo; names: Set<string> }>();
      for (const rule of new Set([...seen, ...open])) {
        if (rule.exact === undefined || rule.exact.length === 0) continue;
        const own = rules.get(ruleKey(rule)) ?? { rule, names: new Set() };
        rules.set(ruleKey(rule), own);
        for (const name of rule.exact) own.names.add(name);
      }
      return [...rules.values()].map(({ rule, names }) => {
        const { name, file, line } = rule;
        const isKnown = (word: string) => known.has(keyOf(rule, word));
        return {
          rule: { name, file, line },
          known: [...names].filter(isKnown),
          missing: [...names].filter((word) => !isKnown(word)),
        };
      });
    },
  };
}

function keyOf(rule: RuleInfo, name: string): string {
  return `${ruleKey(rule)}\0${name}`;
}

/** Which of a rule's exact names are those of a host's VMs: by the VMs, since a fleet's rules may list thousands. */
function presentNames({ exact }: RuleInfo, domains: readonly Domain[]): readonly string[] {
  if (exact === undefined || exact.length === 0) return [];
  let names = spellings.get(exact);
  if (names === undefined) {
    names = spelled(exact);
    spellings.set(exact, names);
  }
  // A rule may name a VM more than once: by name and by UUID, and that in either case.
  const found = domains.flatMap(({ name, uuid }) => [uuid, name].flatMap((word) => names.get(word) ?? []));
  return [...new Set(found)];
}

/** The words of a rule by the name or UUID that they mean. */
function spelled(exact: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const words = new Map<string, string[]>();
  for (const word of exact) {
    const meant = UUID.test(word) ? word.toLowerCase() : word;
    const others = words.get(meant);
    if (others === undefined) words.set(meant, [word]);
    else others.push(word);
  }
  return words;
}

/** UUIDs are written in either case; names mean what they say. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const spellings = new WeakMap<readonly string[], ReadonlyMap<string, readonly string[]>>();
