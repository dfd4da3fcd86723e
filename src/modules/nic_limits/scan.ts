import { printable } from '../../base/text.ts';
import type { Domain, HostFacts } from '../../model/facts.ts';
import { type Card, cardsOf } from './card.ts';
import { type CardPart, partsOfCard } from './scan_card.ts';
import { group, type Kept, misfits, type Part, type ScannedHost, type ScannedRule } from './scan_rules.ts';

/** Limits that no rule was written for. */
export interface LeftOut {
  readonly host: string;
  readonly domain: string;
  readonly nic: string;
  readonly why: string;
}

export interface Scan {
  readonly rules: readonly ScannedRule[];
  readonly left: readonly LeftOut[];
}

type Found = Omit<Kept, 'word'>;

/**
 * Rules for the limits that hosts have today, such that running them on these hosts at once changes nothing. They are
 * tried on what was read before they are given: what would change anything for whatever reason is left out.
 */
export function scanHosts(hosts: readonly ScannedHost[]): Scan {
  const left: LeftOut[] = [];
  const found = hosts.flatMap(({ name, facts }) =>
    facts.domains.map(
      (domain): Found => ({ host: name, domain, parts: partsOfDomain(name, domain, facts, left) }),
    ),
  );
  let kept = withWords(found, left);
  for (;;) {
    const rules = group(kept);
    const bad = misfits(rules, hosts);
    if (bad.size === 0) return { rules, left };
    for (const { host, domain, word } of kept.filter((one) => bad.has(one.word)))
      left.push({ host, domain: domain.name, nic: '', why: bad.get(word) ?? '' });
    kept = kept.filter((one) => !bad.has(one.word));
  }
}

function partsOfDomain(host: string, domain: Domain, facts: HostFacts, left: LeftOut[]): readonly Part[] {
  const cards = cardsOf(domain, facts.networks);
  const byPart = new Map<string, { readonly part: CardPart; readonly cards: Card[] }>();
  for (const card of cards) {
    const result = partsOfCard(card);
    if ('why' in result) left.push({ host, domain: domain.name, nic: nicText(card), why: result.why });
    for (const part of 'parts' in result ? result.parts : []) {
      const key = JSON.stringify(part);
      const known = byPart.get(key);
      if (known === undefined) byPart.set(key, { part, cards: [card] });
      else known.cards.push(card);
    }
  }
  return [...byPart.values()].flatMap(({ part, cards: alike }): Part[] => {
    if (alike.length === cards.length) return [{ ...part, nic: 'all' as const }];
    const positions = alike.flatMap((card) => card.index ?? []);
    const others = alike.filter((card) => card.index === null);
    return [
      ...(positions.length === 0 ? [] : [{ ...part, nic: positions }]),
      ...others.map((card) => ({ ...part, nic: { mac: card.mac } })),
    ];
  });
}

function nicText(card: Card): string {
  return card.index === null ? card.mac : `nic ${card.index}`;
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** Characters that a glob or a template gives a meaning to. */
const SPECIAL = /[*?[]|\{[{%#]/;

/** A name that a rule takes for just that name. */
function isPlainName(name: string): boolean {
  return (
    name !== '' &&
    !name.startsWith('!') &&
    !SPECIAL.test(name) &&
    !UUID.test(name) &&
    printable(name) === name
  );
}

/** Rules are for all hosts alike: a name that means VMs with other limits elsewhere does not tell them apart. */
function withWords(found: readonly Found[], left: LeftOut[]): readonly Kept[] {
  const shapes = new Map<string, string | null>();
  const note = (key: string, shape: string) => {
    const known = shapes.get(key);
    shapes.set(key, known === undefined || known === shape ? shape : null);
  };
  for (const { domain, parts } of found) {
    const shape = JSON.stringify(parts);
    note(`name ${domain.name}`, shape);
    note(`uuid ${domain.uuid}`, shape);
  }
  return found.flatMap((one): Kept[] => {
    const { host, domain, parts } = one;
    if (parts.length === 0) return [];
    if (isPlainName(domain.name) && shapes.get(`name ${domain.name}`) !== null)
      return [{ ...one, word: domain.name }];
    if (shapes.get(`uuid ${domain.uuid}`) !== null) return [{ ...one, word: domain.uuid }];
    const why = `another host has a VM of the same UUID ${domain.uuid} with other limits: write it into host_vars/`;
    left.push({ host, domain: domain.name, nic: '', why });
    return [];
  });
}
