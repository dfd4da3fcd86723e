import { factOf } from '../../../src/facts/fact.ts';
import { networksFact } from '../../../src/facts/networks.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { novaFact } from '../../../src/facts/nova.ts';
import { hostFacts, keepPaths, toDomain } from '../../../src/facts/read.ts';
import { parseReadAnswer } from '../../../src/libvirt/answer.ts';
import { child, documentElement, text } from '../../../src/libvirt/xml.ts';
import type { Domain } from '../../../src/model/facts.ts';

/** Facts as nic_limits wants them, with its NICs and Nova's metadata at hand. */

export const FACTS = [nicsFact, networksFact, novaFact];
/** What a host keeps for them; without metadata it is less. */
export const keep = ({ metadata }: { readonly metadata: boolean }): readonly string[] =>
  keepPaths(metadata ? FACTS : [nicsFact, networksFact]);

const LISTED = { state: 'running' as const, persistent: true, managedSave: false };

const atHand = (domain: Domain) => {
  const nova = factOf(domain, novaFact);
  return { ...domain, ...factOf(domain, nicsFact), nova: nova.live ?? nova.config };
};

/** One description, of a VM that may run or not. */
export function parseDomainXml(xml: string) {
  const element = documentElement(xml, 'domain');
  const uuid = text(child(element, 'uuid'));
  const domain = toDomain(
    { uuid, live: element, config: element, text: { live: '', config: '' }, count: {} },
    LISTED,
    FACTS,
  );
  const nics = factOf(domain, nicsFact);
  return { ...atHand(domain), nics: nics.live ?? nics.config ?? [] };
}

/** The facts in an answer. @throws Error for one that cannot be trusted */
export function factsIn(marker: string, stdout: string, stderr: string) {
  const read = parseReadAnswer(marker, stdout, stderr);
  if ('error' in read) throw new Error(read.error.message);
  const facts = hostFacts(read.answer, FACTS);
  return { ...facts, domains: facts.domains.map(atHand) };
}
