import { globMatch } from '../../base/glob.ts';
import { type Fact, factOf } from '../../facts/fact.ts';
import { novaFact } from '../../facts/nova.ts';
import type { Domain } from '../../model/facts.ts';
import type { BaseRule, DomainMatch, DomainSelector } from './rule.ts';
import { compileSelector } from './words.ts';

/** Whether a rule names this VM, as far as `domain` and `match` say. */
export function selectsDomain(rule: BaseRule, domain: Domain): boolean {
  return domainSelected(rule.domain, domain) && domainMatches(rule.match, domain);
}

/** What the selectors of these rules need to be read. */
export function selectorFacts(rules: readonly BaseRule[]): readonly Fact[] {
  return rules.some((rule) => rule.match.nova !== undefined) ? [novaFact] : [];
}

function domainSelected(selector: DomainSelector | null, domain: Domain): boolean {
  if (selector === null) return true;
  let known = compiled.get(selector);
  if (known === undefined) {
    known = compileSelector(selector);
    compiled.set(selector, known);
  }
  return known(domain);
}

/** A rule meets every VM of a fleet, and may list a thousand of them: its words are prepared once. */
const compiled = new WeakMap<DomainSelector, (domain: Domain) => boolean>();

function domainMatches(match: DomainMatch, domain: Domain): boolean {
  if (match.state !== undefined && !match.state.includes(domain.state)) return false;
  if (match.persistent !== undefined && match.persistent !== domain.persistent) return false;
  if (match.title !== undefined && !globMatch(match.title, domain.title)) return false;
  if (match.server !== undefined && !match.server.ids.has(domain.uuid)) return false;
  if (match.nova === undefined) return true;
  const read = factOf(domain, novaFact);
  const nova = read.live ?? read.config;
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
