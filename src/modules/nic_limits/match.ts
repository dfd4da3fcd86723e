import { compileGlob, globMatch, isGlob } from '../../base/glob.ts';
import type { Domain } from '../../model/facts.ts';
import type { Card } from './card.ts';
import type { DomainMatch, DomainSelector, NicSelector, Rule } from './rule.ts';

/** Whether a rule names this card: all its selectors must hold. */
export function ruleMatches(rule: Rule, card: Card): boolean {
  return (
    domainSelected(rule.domain, card.domain) &&
    domainMatches(rule.match, card.domain) &&
    nicMatches(rule.nic, card)
  );
}

function domainSelected(selector: DomainSelector | null, domain: Domain): boolean {
  if (selector === null) return true;
  let known = compiled.get(selector);
  if (known === undefined) {
    const { include, exclude, literal } = selector;
    known = { include: compileWords(include, literal), exclude: compileWords(exclude, literal) };
    compiled.set(selector, known);
  }
  return (selector.include.length === 0 || known.include(domain)) && !known.exclude(domain);
}

type Names = (domain: Domain) => boolean;

/** A rule meets every VM of a fleet, and may list a thousand of them: its words are prepared once. */
const compiled = new WeakMap<DomainSelector, { readonly include: Names; readonly exclude: Names }>();

function compileWords(words: readonly string[], literal: boolean): Names {
  const names = new Set(words.filter((word) => literal || !isGlob(word)));
  const uuids = new Set(words.map((word) => word.toLowerCase()));
  const globs = words.filter((word) => !names.has(word)).map(compileGlob);
  return ({ name, uuid }) => names.has(name) || uuids.has(uuid) || globs.some((glob) => glob(name));
}

/** Which exact names of rules are those of a host's VMs: by the VMs, since a fleet's rules may list thousands. */
export function presentNames(
  rules: readonly Rule[],
  domains: readonly Domain[],
): readonly { readonly rule: number; readonly name: string }[] {
  return rules.flatMap(({ exact }, rule) => {
    if (exact === undefined || exact.length === 0) return [];
    let names = spellings.get(exact);
    if (names === undefined) {
      names = new Map(exact.map((name) => [UUID.test(name) ? name.toLowerCase() : name, name]));
      spellings.set(exact, names);
    }
    const found = domains.flatMap(({ name, uuid }) => names.get(uuid) ?? names.get(name) ?? []);
    return found.filter((name, index) => found.indexOf(name) === index).map((name) => ({ rule, name }));
  });
}

/** UUIDs are written in either case; names mean what they say. */
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

const spellings = new WeakMap<readonly string[], ReadonlyMap<string, string>>();

function domainMatches(match: DomainMatch, domain: Domain): boolean {
  if (match.state !== undefined && !match.state.includes(domain.state)) return false;
  if (match.persistent !== undefined && match.persistent !== domain.persistent) return false;
  if (match.title !== undefined && !globMatch(match.title, domain.title)) return false;
  if (match.nova === undefined) return true;
  const { nova } = domain;
  if (nova === null) return false;
  const { name, flavor, project, user } = match.nova;
  const party = (pattern: string, who: { name: string; uuid: string }) =>
    globMatch(pattern, who.name) || pattern === who.uuid;
  return (
    (name === undefined || globMatch(name, nova.name)) &&
    (flavor === undefined || globMatch(flavor, nova.flavor)) &&
    (project === undefined || party(project, nova.project)) &&
    (user === undefined || party(user, nova.user))
  );
}

/**
 * A MAC names the card that libvirt finds by it, so that the two of a teaming pair are no riddle. Otherwise what either
 * description says counts: the bridge behind a network is known only while the VM runs.
 */
function nicMatches(selector: NicSelector, card: Card): boolean {
  const sides = [card.live, card.config].filter((nic) => nic !== null);
  const is = (wanted: string | undefined, read: (nic: (typeof sides)[number]) => string): boolean =>
    wanted === undefined || sides.some((nic) => read(nic) === wanted);
  return (
    (selector.positions === undefined || (card.index !== null && selector.positions.includes(card.index))) &&
    (selector.mac === undefined || (selector.mac === card.mac && card.found.what !== 'other')) &&
    is(selector.bridge, (nic) => nic.source.bridge) &&
    is(selector.network, (nic) => nic.source.network) &&
    is(selector.portgroup, (nic) => nic.source.portgroup) &&
    is(selector.target, (nic) => nic.target) &&
    is(selector.model, (nic) => nic.model) &&
    is(selector.alias, (nic) => nic.alias)
  );
}
