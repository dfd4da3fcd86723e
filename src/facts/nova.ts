import { attribute, child, children, type Element, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/** OpenStack Nova's metadata of a domain. Empty string where absent. */
export interface NovaMetadata {
  readonly name: string;
  readonly flavor: string;
  readonly project: { readonly name: string; readonly uuid: string };
  readonly user: { readonly name: string; readonly uuid: string };
}

/** Nova's namespaces: before and since its release 23.0 (OpenStack Wallaby), `nova/virt/libvirt/config.py`. */
const NAMESPACES: ReadonlySet<string | undefined> = new Set([
  'http://openstack.org/xmlns/libvirt/nova/1.0',
  'http://openstack.org/xmlns/libvirt/nova/1.1',
]);

/** What OpenStack Nova wrote into a domain's metadata; null for a domain of somebody else's. */
export const novaFact: DomainFact<NovaMetadata | null> = {
  of: 'domain',
  name: 'nova',
  // Other namespaces' elements of these names come too.
  keep: ['name', 'flavor', 'owner/project', 'owner/user'].map((path) => `domain/metadata/instance/${path}`),
  lasting: true,
  parse: parseNova,
};

/**
 * When Nova made a description (`creationTime`, UTC), as it wrote it; null where there is none. It is not when the VM was
 * made: a hard reboot, a start, a resize or a rebuild makes the description anew, and attaching a NIC writes it anew.
 */
export const creationFact: DomainFact<string | null> = {
  of: 'domain',
  name: 'creation',
  keep: ['domain/metadata/instance/creationTime'],
  lasting: true,
  parse: (domain) => {
    const instance = instanceOf(domain);
    const said = instance === null ? '' : text(ofNova(instance, 'creationTime')?.element).trim();
    return said === '' ? null : said.slice(0, LONGEST_TIME);
  },
};

/** Metadata is the VM owner's text: no time is longer. */
const LONGEST_TIME = 40;

/** An element and the namespaces that hold in it, by prefix ('' for none). */
interface Scoped {
  readonly element: Element;
  readonly namespaces: ReadonlyMap<string, string>;
}

/**
 * OpenStack Nova's metadata of a domain, known by its namespace: the prefix may be any, and others (CloudStack, say)
 * have an element of the same name. null without it.
 */
function parseNova(domain: Element): NovaMetadata | null {
  const instance = instanceOf(domain);
  if (instance === null) return null;
  const owner = ofNova(instance, 'owner');
  const party = (name: string) => {
    const found = owner === null ? undefined : ofNova(owner, name)?.element;
    return { name: text(found).trim(), uuid: attribute(found, 'uuid') };
  };
  return {
    name: text(ofNova(instance, 'name')?.element).trim(),
    flavor: attribute(ofNova(instance, 'flavor')?.element, 'name'),
    project: party('project'),
    user: party('user'),
  };
}

function instanceOf(domain: Element): Scoped | null {
  const metadata = child(domain, 'metadata');
  return metadata === undefined ? null : ofNova(scope(metadata, scope(domain).namespaces), 'instance');
}

/** The first child of that local name that is in one of Nova's namespaces. */
function ofNova(parent: Scoped, local: string): Scoped | null {
  for (const name of Object.keys(parent.element)) {
    const colon = name.indexOf(':');
    if (name.slice(colon + 1) !== local) continue;
    for (const element of children(parent.element, name)) {
      const found = scope(element, parent.namespaces);
      if (NAMESPACES.has(found.namespaces.get(name.slice(0, Math.max(colon, 0))))) return found;
    }
  }
  return null;
}

function scope(element: Element, outer: ReadonlyMap<string, string> = new Map()): Scoped {
  const declared = Object.keys(element).flatMap((key): [string, string][] =>
    key === '@xmlns' || key.startsWith('@xmlns:')
      ? [[key.slice('@xmlns:'.length), attribute(element, key.slice(1))]]
      : [],
  );
  return { element, namespaces: declared.length === 0 ? outer : new Map([...outer, ...declared]) };
}
