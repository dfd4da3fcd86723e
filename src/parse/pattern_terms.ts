import { isHostAddress } from './address.ts';

export interface Term {
  readonly sign: '' | '&' | '!';
  readonly text: string;
}

/** Splits a pattern at commas and colons, but not within brackets, and not what is one address: `fe80::1`. */
export function splitPattern(pattern: string): readonly Term[] {
  return pattern
    .split(',')
    .map((part) => part.trim())
    .flatMap((part) => (isHostAddress(part.replace(/^[&!]/, '')) ? [part] : splitAtColons(part)))
    .filter((part) => part !== '')
    .map(toTerm)
    .filter((term) => term.text !== '');
}

function splitAtColons(part: string): string[] {
  return [...part.matchAll(/(?:[^\s:[\]]|\[[^\]]*\])+/g)].map((match) => match[0]);
}

function toTerm(part: string): Term {
  const sign = part[0];
  return sign === '&' || sign === '!' ? { sign, text: part.slice(1).trim() } : { sign: '', text: part };
}
