import { globMatch } from '../../base/glob.ts';
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
  const names = (word: string): boolean =>
    word.toLowerCase() === domain.uuid ||
    (selector.literal ? word === domain.name : globMatch(word, domain.name));
  return (selector.include.length === 0 || selector.include.some(names)) && !selector.exclude.some(names);
}

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

/** What either description says counts: the bridge behind a network is known only while the VM runs. */
function nicMatches(selector: NicSelector, card: Card): boolean {
  const sides = [card.live, card.config].filter((nic) => nic !== null);
  const is = (wanted: string | undefined, read: (nic: (typeof sides)[number]) => string): boolean =>
    wanted === undefined || sides.some((nic) => read(nic) === wanted);
  return (
    (selector.positions === undefined || (card.index !== null && selector.positions.includes(card.index))) &&
    (selector.mac === undefined || selector.mac === card.mac) &&
    is(selector.bridge, (nic) => nic.source.bridge) &&
    is(selector.network, (nic) => nic.source.network) &&
    is(selector.portgroup, (nic) => nic.source.portgroup) &&
    is(selector.target, (nic) => nic.target) &&
    is(selector.model, (nic) => nic.model) &&
    is(selector.alias, (nic) => nic.alias)
  );
}
