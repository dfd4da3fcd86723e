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
 * Reads the sections with descriptions, `l:UUID` (live), `c:UUID` (inactive) and `n:UUID` (network), and virsh's own
 * counts, `i:l:UUID` and `i:c:UUID`.
 */
export function parseDescriptions(sections: readonly Section[]): Descriptions {
  const failures = new Map<string, string>();
  const lives = new Map<string, Parsed>();
  const configs = new Map<string, Parsed>();
  const networks: Element[] = [];
  for (const { name, body } of sections) {
    const [, kind, uuid = ''] = DESCRIPTION.exec(name) ?? [];
    // A description that failed is empty; stderr says why.
    if (kind === undefined || body.trim() === '') continue;
    try {
      if (kind === 'n') networks.push(documentElement(body, 'network'));
      else {
        const element = describedAs(uuid, documentElement(body, 'domain'));
        (kind === 'l' ? lives : configs).set(uuid, { element, body });
      }
    } catch (error) {
      if (!(error instanceof XmlError)) throw error;
      failures.set(uuid, error.message);
    }
  }
  const counts = countsOf(sections);
  const domains: Described[] = [];
  for (const [uuid, live] of lives) {
    const config = configs.get(uuid);
    if (config !== undefined && !failures.has(uuid))
      domains.push({
        uuid,
        live: live.element,
        config: config.element,
        text: { live: live.body, config: config.body },
        count: counts.get(uuid) ?? {},
      });
  }
  return { domains, networks, failures };
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

const DESCRIPTION = /^([lcn]):([0-9a-f-]{36})$/;

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
