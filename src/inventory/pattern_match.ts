import { compileGlob } from '../base/glob.ts';
import { compileRegex } from '../base/regex/regex.ts';
import { plural, shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { hostsOfGroup } from './groups.ts';
import { explainMissing, looksLikeRange, refuseRange } from './pattern_refused.ts';
import { pick, splitSubscript } from './pattern_subscript.ts';
import type { Term } from './pattern_terms.ts';

export interface Matched {
  /** May name a host more than once: a subscript counts it each time, as in Ansible. */
  readonly hosts: readonly string[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The hosts of one term, without its sign. */
export function matchTerm(inventory: Inventory, term: Term): Matched {
  const { sign, text } = term;
  // The plain name of a host is that host, also where a group has the name.
  if (sign === '' && inventory.hosts.has(text)) return { hosts: [text], diagnostics: [] };
  if (text === '')
    return refuse({ severity: 'error', message: `nothing stands after "${sign}" in the pattern` });
  const { base, subscript } = splitSubscript(text);
  const found = enumerate(inventory, base);
  if ('message' in found) return refuse(found);
  const diagnostics: Diagnostic[] = [];
  if (looksLikeRange(text)) {
    const trap = refuseRange(inventory, text, found.any ? subscript : null);
    if (trap?.severity === 'error') return refuse(trap);
    if (trap !== null) diagnostics.push(trap);
  }
  if (!found.any) return refuse(explainMissing(inventory, text, base));
  if (subscript === null || found.hosts.length === 0) return { hosts: found.hosts, diagnostics };
  const picked = pick(found.hosts, subscript);
  if (picked === null) {
    const message = `"${shorten(text)}" picks from "${shorten(base)}" what it has not: it has ${plural(found.hosts.length, 'host')}`;
    return refuse({ severity: 'error', message, hint: 'the first is [0], the last [-1]' });
  }
  return { hosts: picked, diagnostics };
}

function refuse(diagnostic: Diagnostic): Matched {
  return { hosts: [], diagnostics: [diagnostic] };
}

interface Enumerated {
  readonly hosts: readonly string[];
  /** True when a group or a host has matched; a group may be empty. */
  readonly any: boolean;
}

/** Groups come first, then hosts: those count when no group has the name, or with characters of a glob. */
function enumerate(inventory: Inventory, term: string): Enumerated | Diagnostic {
  const matches = compileTerm(term);
  if (typeof matches !== 'function') return matches;
  const hosts: string[] = [];
  let any = false;
  const tooCostly = (): Diagnostic => ({
    severity: 'error',
    message: `the regular expression "${shorten(term)}" takes too long`,
    hint: 'write it with fewer repeats, or use a glob',
  });
  for (const group of inventory.groups.keys()) {
    const matched = matches(group);
    if (matched === null) return tooCostly();
    if (!matched) continue;
    any = true;
    for (const host of hostsOfGroup(inventory, group)) hosts.push(host);
  }
  if (any && !/^~|[.?*[]/.test(term)) return { hosts, any };
  for (const host of inventory.hosts.keys()) {
    const matched = matches(host);
    if (matched === null) return tooCostly();
    if (!matched) continue;
    any = true;
    hosts.push(host);
  }
  return { hosts, any };
}

function compileTerm(term: string): ((name: string) => boolean | null) | Diagnostic {
  if (!term.startsWith('~')) return compileGlob(term);
  const regex = compileRegex(term.slice(1));
  if (regex.ok) return regex.matches;
  const message = `the regular expression "${shorten(term)}" cannot be used: ${regex.message}`;
  const hint = 'a pattern is split at commas, and without any at colons, before expressions are read';
  return { severity: 'error', message, hint: /[,:]/.test(term) ? undefined : hint };
}
