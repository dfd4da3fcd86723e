import type { Domain, Network } from '../model/facts.ts';
import { type DomainXml, type ListedState, parseDomainXml, toDomain } from './domain_xml.ts';
import { parseNetworkXml } from './network_xml.ts';
import type { Section } from './sections.ts';
import { XmlError } from './xml.ts';

/** What an answer's descriptions say. */
export interface Descriptions {
  readonly domains: Domain[];
  readonly networks: Network[];
  /** Why descriptions could not be understood, by UUID. */
  readonly failures: Map<string, string>;
  /** A domain that is described and not listed; null for none. */
  unlisted: string | null;
}

/**
 * Reads the sections with descriptions, `l:UUID` (live), `c:UUID` (inactive) and `n:UUID` (network), and holds them
 * against virsh's own counts, `i:l:UUID` and `i:c:UUID`.
 */
export function parseDescriptions(
  sections: readonly Section[],
  listed: ReadonlyMap<string, ListedState>,
): Descriptions {
  const failures = new Map<string, string>();
  const lives = new Map<string, DomainXml>();
  const configs = new Map<string, DomainXml>();
  const networks: Network[] = [];
  for (const { name, body } of sections) {
    const [, kind, uuid = ''] = DESCRIPTION.exec(name) ?? [];
    // A description that failed is empty; stderr says why.
    if (kind === undefined || body.trim() === '') continue;
    try {
      if (kind === 'n') networks.push(parseNetworkXml(body));
      else (kind === 'l' ? lives : configs).set(uuid, describedAs(uuid, parseDomainXml(body)));
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      failures.set(uuid, error.message);
    }
  }
  for (const { name, body } of sections) {
    const [, kind, uuid = ''] = COUNT.exec(name) ?? [];
    const described = (kind === 'l' ? lives : configs).get(uuid);
    if (kind === undefined || described === undefined) continue;
    const counted = body.split('\n').filter((line) => NIC_ROW.test(line)).length;
    if (counted !== described.nics.length) failures.set(uuid, miscounted(described.nics.length, counted));
  }
  const domains: Domain[] = [];
  let unlisted: string | null = null;
  for (const [uuid, live] of lives) {
    const config = configs.get(uuid);
    const state = listed.get(uuid);
    if (state === undefined) unlisted = uuid;
    else if (config !== undefined && !failures.has(uuid)) domains.push(toDomain(live, config, state));
  }
  return { domains, networks, failures, unlisted };
}

const DESCRIPTION = /^([lcn]):([0-9a-f-]{36})$/;

/** What `virsh domiflist` says of a description that holds more than elements and text. */
const COUNT = /^i:([lc]):([0-9a-f-]{36})$/;

/** A row of `virsh domiflist` ends with the MAC, whatever the columns before it. */
const NIC_ROW = /[0-9a-f]{2}(:[0-9a-f]{2}){5}\s*$/i;

function describedAs(uuid: string, described: DomainXml): DomainXml {
  if (described.uuid === uuid) return described;
  throw new XmlError(`libvirt describes another domain under this UUID: ${described.uuid}`);
}

function miscounted(described: number, counted: number): string {
  const nics = (count: number) => `${count} ${count === 1 ? 'NIC' : 'NICs'}`;
  return (
    `its description is read as having ${nics(described)}, and virsh domiflist counts ${counted}: ` +
    'either its NICs changed just now (run again), or comments or CDATA in its metadata mislead virtune ' +
    '(please report it)'
  );
}
