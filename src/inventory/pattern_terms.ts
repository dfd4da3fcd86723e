import type { Place } from '../model/diagnostic.ts';
import { readAddress } from './address.ts';

/** One term of a pattern: what it adds, `&` keeps or `!` takes away. */
export interface Term {
  readonly sign: '' | '&' | '!';
  readonly text: string;
  readonly place?: Place | undefined;
}

/**
 * Splits a pattern as Ansible does: at commas if there is one, and then at nothing else; without one at colons and
 * blanks that are not in brackets, unless the whole is one address such as `fe80::1`, `web:22` or `hv[1:3]`.
 */
export function splitPattern(pattern: string): readonly Term[] {
  return splitParts(pattern)
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => toTerm(part));
}

function splitParts(pattern: string): readonly string[] {
  if (pattern.includes(',')) return pattern.split(',');
  if (readAddress(pattern) !== null) return [pattern];
  return [...pattern.matchAll(/(?:[^\s:[\]]|\[[^\]]*\])+/g)].map((match) => match[0]);
}

/** A term that stands alone, such as a line of a `--limit @file`: nothing in it separates. */
export function toTerm(text: string, place?: Place): Term {
  const sign = text[0];
  return sign === '&' || sign === '!' ? { sign, text: text.slice(1), place } : { sign: '', text, place };
}
