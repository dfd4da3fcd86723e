import { compileGlob } from '../base/glob.ts';
import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { hostsOfGroup } from './groups.ts';
import { refuseTerm } from './pattern_refused.ts';
import { splitPattern } from './pattern_terms.ts';

export interface Selection {
  /** Names, each once, in the inventory's order. */
  readonly hosts: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The hosts that an Ansible pattern names; the same grammar serves `hosts:` and `--limit`. Terms are separated by
 * commas or colons; whatever their order, plain ones are united first, then each `&term` keeps what it has, too, and
 * `!term` takes away. Without a plain term it begins with all hosts. A term is a group, a host or a glob on both.
 *
 * Beyond Ansible, a term that matches nothing is an error (Ansible warns), so that a slip selects no wrong hosts.
 */
export function selectHosts(inventory: Inventory, pattern: string, place?: Place): Selection {
  const terms = splitPattern(pattern);
  const diagnostics: Diagnostic[] = [];
  if (/\{\{|\{%/.test(pattern)) {
    const message = `templates in patterns ("${shorten(pattern)}") are not supported yet by virtune`;
    return { hosts: [], diagnostics: [{ severity: 'error', message, place }] };
  }
  if (terms.length === 0) {
    return {
      hosts: [],
      diagnostics: [
        {
          severity: 'error',
          message: 'the host pattern is empty',
          hint: 'write "all" for every host',
          place,
        },
      ],
    };
  }
  const sets = terms.map((term) => {
    const matched = matchTerm(inventory, term.text);
    if (matched.diagnostic !== null) diagnostics.push({ ...matched.diagnostic, place });
    return { ...term, hosts: matched.hosts };
  });
  const plain = sets.filter((set) => set.sign === '');
  const required = sets.filter((set) => set.sign === '&');
  const excluded = sets.filter((set) => set.sign === '!');
  const hosts = [...inventory.hosts.keys()].filter(
    (host) =>
      (plain.length === 0 || plain.some((set) => set.hosts.has(host))) &&
      required.every((set) => set.hosts.has(host)) &&
      !excluded.some((set) => set.hosts.has(host)),
  );
  if (hosts.length === 0 && diagnostics.length === 0) {
    diagnostics.push({
      severity: 'warning',
      message: `the pattern "${shorten(pattern)}" selects no host`,
      place,
    });
  }
  return { hosts: diagnostics.some((d) => d.severity === 'error') ? [] : hosts, diagnostics };
}

interface Matched {
  readonly hosts: ReadonlySet<string>;
  readonly diagnostic: Diagnostic | null;
}

/** A term without its sign. Groups come first; hosts count when no group has the name, or with glob's characters. */
function matchTerm(inventory: Inventory, term: string): Matched {
  const refused = refuseTerm(inventory, term);
  if (refused !== null) return { hosts: new Set(), diagnostic: refused };
  const matches = compileGlob(term);
  const hosts = new Set<string>();
  let groups = 0;
  for (const group of inventory.groups.keys()) {
    if (!matches(group)) continue;
    groups++;
    for (const host of hostsOfGroup(inventory, group)) hosts.add(host);
  }
  if (groups === 0 || /[.?*[]/.test(term)) {
    for (const host of inventory.hosts.keys()) if (matches(host)) hosts.add(host);
  }
  const nothing = hosts.size === 0 && groups === 0;
  return { hosts, diagnostic: nothing ? matchesNothing(inventory, term) : null };
}

function matchesNothing(inventory: Inventory, term: string): Diagnostic {
  const message = `no host or group matches "${shorten(term)}"`;
  const names = [...inventory.groups.keys(), ...inventory.hosts.keys()];
  const hint =
    didYouMeanHint(term, names) ??
    (term === 'localhost' ? 'add it to the inventory, with ansible_connection: local' : undefined);
  return { severity: 'error', message, hint };
}
