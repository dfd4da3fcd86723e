import type { ListedState } from '../libvirt/answer.ts';
import type { Described } from '../libvirt/descriptions.ts';
import { XmlError } from '../libvirt/xml.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { Fact } from './fact.ts';
import { keepPaths, toDomain } from './read.ts';

/** What is known of a host while it is written to. */
export interface KnownDomains {
  /** What to keep of a domain that is read again: the same as of the first read, so that the two can be compared. */
  readonly keep: readonly string[];
  /** A domain as last read; null where the last read of it failed. */
  readonly domain: (uuid: string) => Domain | null;
  /** What the host itself told, and the one domain. */
  readonly factsOf: (domain: Domain) => HostFacts;
  /**
   * Takes what a write gave back: of the domains that it touched, those that are not described are not known.
   * @param transient UUIDs of those that have no configuration
   */
  readonly update: (
    touched: readonly string[],
    described: readonly Described[],
    transient: ReadonlySet<string>,
  ) => void;
  /** Takes what the host itself has by another read. */
  readonly updateHost: (facts: HostFacts) => void;
}

/** Begins with what was read of a host; lasting facts are not read again. */
export function knownDomains(facts: HostFacts, needs: readonly Fact[]): KnownDomains {
  const domains = new Map<string, Domain | null>(facts.domains.map((domain) => [domain.uuid, domain]));
  let host = facts;
  const first = new Map(facts.domains.map((domain) => [domain.uuid, domain]));
  const ofDomains = needs.filter((fact) => fact.of === 'domain');
  return {
    keep: keepPaths(ofDomains),
    domain: (uuid) => domains.get(uuid) ?? null,
    factsOf: (domain) => ({ ...host, domains: [domain] }),
    updateHost: (again) => {
      host = again;
    },
    update: (touched, described, transient) => {
      for (const uuid of touched) domains.set(uuid, null);
      for (const one of described) {
        const before = first.get(one.uuid);
        if (before === undefined) continue;
        const persistent = before.persistent && !transient.has(one.uuid);
        const listed: ListedState = { ...before, persistent };
        try {
          domains.set(one.uuid, toDomain(one, listed, ofDomains, before));
        } catch (error) {
          if (!(error instanceof XmlError)) throw error;
        }
      }
    },
  };
}
