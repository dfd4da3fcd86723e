/** What the lines of a section are. */
export type SectionKind = 'hosts' | 'children' | 'vars';

export interface Header {
  readonly group: string;
  /** As written; null where none is. */
  readonly kind: string | null;
}

const HEADER = /^\[([^:\]\s]+)(?::([\p{L}\p{N}_]+))?\]\s*(?:#.*)?$/u;
const GROUP = /^([^:\]\s]+)\s*(?:#.*)?$/u;
const KINDS: readonly string[] = ['hosts', 'children', 'vars'] satisfies readonly SectionKind[];

/** `[group]` or `[group:kind]`, perhaps with a comment behind it; null for any other line. */
export function readHeader(line: string): Header | null {
  const match = HEADER.exec(line);
  return match === null ? null : { group: match[1] ?? '', kind: match[2] ?? null };
}

export function isSectionKind(kind: string): kind is SectionKind {
  return KINDS.includes(kind);
}

/** The name on a line of `[group:children]`; null where it is none. */
export function readGroupName(line: string): string | null {
  return GROUP.exec(line)?.[1] ?? null;
}
