import { shorten } from '../base/text.ts';
import { type Diagnostic, hasErrors, type Place } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { matchTerm } from './pattern_match.ts';
import { splitPattern, type Term } from './pattern_terms.ts';

export interface Selection {
  /** Names, each once, in the order in which the pattern's terms give them. */
  readonly hosts: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * The hosts that an Ansible pattern names, in Ansible's order; the same grammar serves `hosts:` and `--limit`.
 * Whatever the order of the terms, plain ones are united first, then each `&term` keeps what it has, too, and
 * `!term` takes away. Without a plain term it begins with all hosts. A term is a host, a group, a glob or `~regex`
 * on both, and all but the last may pick from what they found: `web[0]`, `web[-1]`, `web[1:3]`, `web[1:]`.
 *
 * Beyond Ansible, a term that matches nothing is an error (Ansible warns), so that a slip selects no wrong hosts.
 */
export function selectHosts(inventory: Inventory, pattern: string, place?: Place): Selection {
  if (/\{\{|\{%/.test(pattern)) {
    const message = `templates in patterns ("${shorten(pattern)}") are not supported yet by virtune`;
    return { hosts: [], diagnostics: [{ severity: 'error', message, place }] };
  }
  return selectTerms(inventory, splitPattern(pattern), pattern, place);
}

/**
 * See {@link selectHosts}.
 * @param pattern what the terms were split from, for messages
 */
export function selectTerms(
  inventory: Inventory,
  terms: readonly Term[],
  pattern: string,
  place?: Place,
): Selection {
  if (terms.length === 0) {
    const [message, hint] = ['the host pattern is empty', 'write "all" for every host'];
    return { hosts: [], diagnostics: [{ severity: 'error', message, hint, place }] };
  }
  const diagnostics: Diagnostic[] = [];
  const found = inOrder(terms).map((term) => {
    const matched = matchTerm(inventory, term);
    for (const one of matched.diagnostics) diagnostics.push({ ...one, place: term.place ?? place });
    return { sign: term.sign, hosts: matched.hosts };
  });
  if (hasErrors(diagnostics)) return { hosts: [], diagnostics };
  let hosts = new Set<string>();
  for (const { sign, hosts: these } of found) {
    if (sign === '') for (const host of these) hosts.add(host);
    else {
      const those = new Set(these);
      hosts = new Set([...hosts].filter((host) => those.has(host) === (sign === '&')));
    }
  }
  if (hosts.size === 0) {
    const message = `the pattern "${shorten(pattern)}" selects no host`;
    diagnostics.push({ severity: 'warning', message, place });
  }
  return { hosts: [...hosts], diagnostics };
}

/** What adds, then what keeps, then what takes away; what only keeps or takes away begins with all. */
function inOrder(terms: readonly Term[]): readonly Term[] {
  const [adding, keeping, taking] = (['', '&', '!'] as const).map((sign) =>
    terms.filter((term) => term.sign === sign),
  ) as [Term[], Term[], Term[]];
  if (adding.length === 0) adding.push({ sign: '', text: 'all' });
  return [...adding, ...keeping, ...taking];
}
