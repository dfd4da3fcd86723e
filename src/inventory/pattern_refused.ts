import { compileGlob } from '../base/glob.ts';
import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { type Subscript, splitSubscript } from './pattern_subscript.ts';
import { expandRanges } from './ranges.ts';

const RANGE = /\[(?:[0-9]*:[0-9]+|[A-Za-z]:[A-Za-z])(?::[0-9]+)?\]/;

/** True for what would be a range in an inventory: in a pattern brackets are a subscript or a set of characters. */
export function looksLikeRange(term: string): boolean {
  return !term.startsWith('~') && RANGE.test(term);
}

/**
 * A range was probably meant where there is none. `hv[01:05].net` matches one character, and `hv[01:05]` is a slice
 * of what "hv" names, if anything. Null where it clearly is a slice.
 * @param slice when what stands before the brackets is known, and they are the term's end
 */
export function refuseRange(inventory: Inventory, term: string, slice: Subscript | null): Diagnostic | null {
  const shown = shorten(term);
  if (slice === null) {
    const message = `"${shown}" is not a range here: in a pattern, brackets are a subscript or a set of characters`;
    return { severity: 'error', message, hint: rangeInstead(term) };
  }
  const meant = expandRanges(term);
  if (!meant.ok || !meant.names.every((name) => inventory.hosts.has(name))) return null;
  const { base } = splitSubscript(term);
  const message = `"${shown}" is a slice of "${shorten(base)}" by position, not the hosts of these names`;
  const hint = `for the hosts, ${rangeInstead(term)}`;
  // Nobody counts positions with leading zeros.
  return { severity: /\[0[0-9]/.test(term) ? 'error' : 'warning', message, hint };
}

/** Why a term names nothing. */
export function explainMissing(inventory: Inventory, term: string, base: string): Diagnostic {
  const shown = shorten(term);
  if (term.startsWith('@')) {
    const message = `lists of hosts from files ("${shown}") are for --limit alone`;
    return { severity: 'error', message, hint: 'name a group here' };
  }
  if (base === term) {
    return {
      severity: 'error',
      message: `no host or group matches "${shown}"`,
      hint: whatInstead(inventory, term),
    };
  }
  // Even where a glob would match: Ansible takes a number in brackets at the end of a term as a subscript, always.
  const hint = matchesSomething(inventory, term)
    ? `a set of characters cannot be last: write "${shown}*"`
    : whatInstead(inventory, base);
  const message = `no host or group matches "${shorten(base)}", of which "${shown}" is a subscript`;
  return { severity: 'error', message, hint };
}

function whatInstead(inventory: Inventory, term: string): string | undefined {
  const near = didYouMeanHint(term, [...inventory.groups.keys(), ...inventory.hosts.keys()]);
  if (near !== undefined) return near;
  const longer = [...inventory.hosts.keys()].find((host) => host.startsWith(`${term}.`));
  if (longer !== undefined) return `did you mean "${longer}"?`;
  if (term === 'localhost') return 'add it to the inventory, with ansible_connection: local';
  // Ansible splits at colons only in patterns without a comma.
  if (/[^:]:[^:]/.test(term)) return 'in a pattern with a comma, a colon separates nothing: write commas';
  return undefined;
}

function matchesSomething(inventory: Inventory, glob: string): boolean {
  const matches = compileGlob(glob);
  for (const name of inventory.groups.keys()) if (matches(name)) return true;
  for (const name of inventory.hosts.keys()) if (matches(name)) return true;
  return false;
}

/** The same hosts without a range: as globs where a handful does, hv[01:12].net is hv0[1-9].net,hv1[0-2].net. */
function rangeInstead(term: string): string {
  const group = 'give these hosts a group of their own';
  const expanded = expandRanges(term);
  if (!expanded.ok || expanded.names.length > 1000) return group;
  const globs = /[0-9]\]$/.test(term) ? expanded.names : lastCharacterClasses(term, expanded.names);
  return globs === null || globs.length > 8 ? group : `write ${globs.join(',')}`;
}

/** Names that differ in the last character of their first range, as sets of characters. */
function lastCharacterClasses(term: string, names: readonly string[]): string[] | null {
  const open = term.indexOf('[');
  const tail = term.slice(term.indexOf(']') + 1);
  // A hint can't show a second range in the name.
  if (tail.includes('[')) return null;
  const classes = new Map<string, string[]>();
  for (const name of names) {
    const member = name.slice(open, name.length - tail.length);
    const stem = term.slice(0, open) + member.slice(0, -1);
    classes.set(stem, [...(classes.get(stem) ?? []), member.slice(-1)]);
  }
  return [...classes].map(([stem, lasts]) => stem + characterSet(lasts) + tail);
}

function characterSet(chars: readonly string[]): string {
  if (chars.length === 1) return chars[0] ?? '';
  const codes = chars.map((char) => char.charCodeAt(0));
  const adjacent = codes.every((code, i) => i === 0 || code === (codes[i - 1] ?? 0) + 1);
  return adjacent && chars.length > 2 ? `[${chars[0]}-${chars.at(-1)}]` : `[${chars.join('')}]`;
}
