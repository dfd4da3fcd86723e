import { printable } from '../base/text.ts';
import type { Domain } from '../model/facts.ts';
import type { AnyModule, Found, ScanCapability, ScanPart } from '../modules/module.ts';
import { group, type Kept, misfits, type Part, type ScannedHost, type ScannedRule } from './rules.ts';

/** Limits that no rule was written for. */
export interface LeftOut {
  readonly host: string;
  readonly domain: string;
  /** `nic 1`, or '' for the VM as a whole. */
  readonly subject: string;
  readonly why: string;
}

export interface Scan {
  readonly rules: readonly ScannedRule[];
  readonly left: readonly LeftOut[];
}

type Unnamed = Omit<Kept, 'word'>;

/**
 * Rules of one module for the limits that hosts have today, such that running them on these hosts at once changes
 * nothing. They are tried on what was read before they are given: what would change anything for whatever reason is
 * left out.
 */
export function scanHosts(module: AnyModule, hosts: readonly ScannedHost[]): Scan {
  const left: LeftOut[] = [];
  const { scan } = module;
  if (scan === undefined) return { rules: [], left };
  const found = hosts.flatMap(({ name, facts }) =>
    byDomain(module.find(facts)).map(
      ([domain, subjects]): Unnamed => ({
        host: name,
        domain,
        parts: partsOfDomain(scan, name, domain, subjects, left),
      }),
    ),
  );
  let kept = withWords(found, left);
  for (;;) {
    const rules = group(kept);
    const bad = misfits(module, rules, hosts);
    if (bad.size === 0) return { rules, left };
    for (const { host, domain, word } of kept.filter((one) => bad.has(one.word)))
      left.push({ host, domain: domain.name, subject: '', why: bad.get(word) ?? '' });
    kept = kept.filter((one) => !bad.has(one.word));
  }
}

function byDomain(found: readonly Found[]): readonly (readonly [Domain, readonly Found[]])[] {
  const domains = new Map<Domain, Found[]>();
  for (const one of found) domains.set(one.domain, [...(domains.get(one.domain) ?? []), one]);
  return [...domains];
}

function partsOfDomain(
  scan: ScanCapability<Found>,
  host: string,
  domain: Domain,
  subjects: readonly Found[],
  left: LeftOut[],
): readonly Part[] {
  const byPart = new Map<string, { readonly part: ScanPart; readonly alike: Found[] }>();
  for (const found of subjects) {
    const result = scan.parts(found);
    if ('why' in result)
      left.push({ host, domain: domain.name, subject: found.subject.label, why: result.why });
    for (const part of 'parts' in result ? result.parts : []) {
      const key = JSON.stringify(part);
      const known = byPart.get(key);
      if (known === undefined) byPart.set(key, { part, alike: [found] });
      else known.alike.push(found);
    }
  }
  return [...byPart.values()].flatMap(({ part, alike }) =>
    scan.selectors(alike, subjects).map((selector): Part => ({ selector, part })),
  );
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
function withWords(found: readonly Unnamed[], left: LeftOut[]): readonly Kept[] {
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
    left.push({ host, domain: domain.name, subject: '', why });
    return [];
  });
}
