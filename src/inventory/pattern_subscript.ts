/** Positions of hosts, from 0, both ends included; `end` is null for one alone, or for all up to the last. */
export interface Subscript {
  readonly start: number;
  readonly end: number | null | 'last';
}

const SUBSCRIPT = /^(.+)\[(?:(-?[0-9]+)|([0-9]+)[:-]([0-9]*))\]$/s;

/** Takes the subscript off a term. A regular expression has none: brackets at its end are its own. */
export function splitSubscript(term: string): {
  readonly base: string;
  readonly subscript: Subscript | null;
} {
  const match = term.startsWith('~') ? null : SUBSCRIPT.exec(term);
  if (match === null) return { base: term, subscript: null };
  const [, base = '', index, start, end] = match;
  if (index !== undefined) return { base, subscript: { start: Number(index), end: null } };
  return { base, subscript: { start: Number(start), end: end === '' ? 'last' : Number(end) } };
}

/** What a subscript picks; null when it picks nothing: a position that is not there, a slice that runs backwards. */
export function pick(hosts: readonly string[], { start, end }: Subscript): readonly string[] | null {
  if (end === null) {
    const one = hosts.at(start);
    return one === undefined ? null : [one];
  }
  const picked = hosts.slice(start, end === 'last' ? undefined : end + 1);
  return picked.length === 0 ? null : picked;
}
