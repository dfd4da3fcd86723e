import type { Section } from './sections.ts';
import { child, documentElement, type Element, text, XmlError } from './xml.ts';

/** What `virsh dumpxml` says of a domain, with and without `--inactive`, cut down to what was asked for. */
export interface Described {
  readonly uuid: string;
  /** What runs; the same as config where nothing does. */
  readonly live: Element;
  readonly config: Element;
  /** Both as the host sent them: sum_script.ts makes a number of it. */
  readonly text: { readonly live: string; readonly config: string };
  /** How many NICs libvirt counts, where a description holds more than elements and text. */
  readonly count: { readonly live?: number; readonly config?: number };
}

/** What an answer's descriptions say. */
export interface Descriptions {
  readonly domains: readonly Described[];
  readonly networks: readonly Element[];
  /** Why descriptions could not be understood, by UUID. */
  readonly failures: ReadonlyMap<string, string>;
}

/**
 * Reads the sections with descriptions, `l:UUID` (live), `c:UUID` (inactive) and `n:NAME` (network, by its UUID or its
 * name), and virsh's own counts, `i:l:UUID` and `i:c:UUID`. Where a domain is described twice, the later one counts,
 * and whether there is one: the host asks again where the first was not whole, or another domain's.
 */
export function parseDescriptions(sections: readonly Section[]): Descriptions {
  const parsed = new Map<string, Parsed | XmlError>();
  const networks = new Map<string, Element>();
  for (const { name, body } of sections) {
    const match = DESCRIPTION.exec(name);
    if (match === null) continue;
    parsed.delete(name);
    // A description that failed is empty; stderr says why.
    if (body.trim() === '') continue;
    const uuid = match[2];
    try {
      if (uuid === undefined) networks.set(name, documentElement(body, 'network'));
      else parsed.set(name, { element: describedAs(uuid, documentElement(body, 'domain')), body });
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      parsed.set(name, error);
    }
  }
  const counts = countsOf(sections);
  const failures = new Map<string, string>();
  const domains: Described[] = [];
  for (const [name, found] of parsed) {
    const [, kind, uuid] = DESCRIPTION.exec(name) ?? [];
    if (uuid === undefined) continue;
    const config = parsed.get(`c:${uuid}`);
    if (found instanceof XmlError) failures.set(uuid, found.message);
    else if (kind === 'l' && config !== undefined && !(config instanceof XmlError))
      domains.push({
        uuid,
        live: found.element,
        config: config.element,
        text: { live: found.body, config: config.body },
        count: counts.get(uuid) ?? {},
      });
  }
  return { domains, networks: [...networks.values()], failures };
}

interface Parsed {
  readonly element: Element;
  readonly body: string;
}

function countsOf(sections: readonly Section[]): ReadonlyMap<string, Described['count']> {
  const counts = new Map<string, Described['count']>();
  for (const { name, body } of sections) {
    const [, kind, uuid = ''] = COUNT.exec(name) ?? [];
    if (kind === undefined) continue;
    const counted = body.split('\n').filter((line) => NIC_ROW.test(line)).length;
    counts.set(uuid, { ...counts.get(uuid), [kind === 'l' ? 'live' : 'config']: counted });
  }
  return counts;
}

const DESCRIPTION = /^(?:([lc]):([0-9a-f-]{36})|n:[A-Za-z0-9._-]+)$/;

/** What `virsh domiflist` says of a description that holds more than elements and text. */
const COUNT = /^i:([lc]):([0-9a-f-]{36})$/;

/** A row of `virsh domiflist` ends with the MAC, whatever the columns before it. */
const NIC_ROW = /[0-9a-f]{2}(:[0-9a-f]{2}){5}\s*$/i;

function describedAs(uuid: string, domain: Element): Element {
  const own = text(child(domain, 'uuid')).trim().toLowerCase();
  if (own !== uuid) throw new XmlError(`libvirt describes another domain under this UUID: ${own}`);
  // libvirt gives every domain a name. Without it rules that give the name would miss the VM, and not say so.
  if (text(child(domain, 'name')) === '') throw new XmlError('its description has no name');
  return domain;
}
