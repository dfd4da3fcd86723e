import { compileGlob } from '../base/glob.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Inventory } from '../model/inventory.ts';
import { expandRanges } from './ranges.ts';

const RANGE = /\[(?:[0-9]*:[0-9]+|[A-Za-z]:[A-Za-z])(?::[0-9]+)?\]/;
const SUBSCRIPT = /^(.+)\[(?:-?[0-9]+|[0-9]+[:-][0-9]*)\]$/;

/** Why a term of a pattern is not taken: what Ansible has and virtune has not yet, and the range that is none. */
export function refuseTerm(inventory: Inventory, term: string): Diagnostic | null {
  const error = (message: string, hint?: string): Diagnostic => ({ severity: 'error', message, hint });
  const shown = shorten(term);
  if (term.startsWith('~')) {
    return error(
      `regular expressions in patterns ("${shown}") are not supported yet by virtune`,
      'use a glob',
    );
  }
  if (term.startsWith('@'))
    return error(`host lists from files ("${shown}") are not supported yet by virtune`);
  const base = SUBSCRIPT.exec(term)?.[1];
  if (base !== undefined && matchesSomething(inventory, base)) {
    return error(`subscripts in patterns ("${shown}") are not supported yet by virtune`, 'name the hosts');
  }
  if (RANGE.test(term)) {
    const message = `"${shown}" is not a range here: in a pattern, brackets are a subscript or a set of characters`;
    return error(message, rangeInstead(term));
  }
  if (base === undefined) return null;
  // Even where a glob would match: Ansible takes a number in brackets at the end of a term as a subscript, always.
  const hint = matchesSomething(inventory, term)
    ? `a set of characters cannot be last: write "${shown}*"`
    : undefined;
  return error(`no host or group matches "${shorten(base)}", of which "${shown}" is a subscript`, hint);
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
  // A second range in the name: too much for a hint.
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
