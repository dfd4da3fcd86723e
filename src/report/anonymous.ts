import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';

/**
 * A text about a host, or about something on it, without what is that host's or subject's own: `HOST is not in
 * known_hosts`. Texts that are equal then say the same of different hosts.
 */
export function anonymous(
  text: string,
  { name, address }: Pick<HostResult, 'name' | 'address'>,
  change?: Change,
): string {
  const own: (readonly [string, string])[] = [
    [name, 'HOST'],
    [address, 'ADDRESS'],
  ];
  if (change !== undefined) {
    const { domain, subject } = change;
    own.push([domain.name, 'VM'], [domain.uuid, '…']);
    // Addresses are long enough to mean nothing else.
    for (const value of Object.values(subject))
      if (typeof value === 'string' && value.includes(':')) own.push([value, '…']);
  }
  return own
    .filter(([word]) => word.length > 1)
    .toSorted(([a], [b]) => b.length - a.length)
    .reduce((told, [word, by]) => told.replaceAll(wholeWord(word), by), text);
}

/** Not within another name or number: `10.0.0.1` is not in `10.0.0.11`. */
function wholeWord(word: string): RegExp {
  const literal = word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`(?<![\\w-]|\\w\\.)${literal}(?![\\w-]|\\.\\w)`, 'g');
}
