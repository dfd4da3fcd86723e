import type { Diagnostic } from '../model/diagnostic.ts';
import { placeAt, type Source } from '../yaml/places.ts';

/** The sections of an `ansible.cfg`: keys in lower case, values raw, as Python's configparser gives them. */
export interface Cfg {
  readonly source: Source;
  readonly sections: ReadonlyMap<string, ReadonlyMap<string, CfgEntry>>;
}

export interface CfgEntry {
  readonly value: string;
  /** Where its line begins. */
  readonly offset: number;
}

const SECTION = /^\[(.+)\]/;
const OPTION = /^(.*?)\s*[=:]\s*(.*)$/s;

/**
 * Parses as Ansible does: `ConfigParser(inline_comment_prefixes=(';',))`, values unexpanded. So a comment is a line that
 * begins with `#` or `;`, or what follows a blank and `;`; a line that is further in continues a value; a section or a
 * key that is there twice is an error. (Python 3.11, configparser.py, _read)
 */
export function parseCfg(
  text: string,
  file: string,
): { readonly cfg: Cfg; readonly diagnostics: readonly Diagnostic[] } {
  const lines = text.split('\n');
  const lineStarts: number[] = [];
  let start = 0;
  for (const line of lines) {
    lineStarts.push(start);
    start += line.length + 1;
  }
  const source = { file, lineStarts };
  const sections = new Map<string, Map<string, { parts: string[]; offset: number }>>();
  const diagnostics: Diagnostic[] = [];
  let section: Map<string, { parts: string[]; offset: number }> | null = null;
  let parts: string[] | null = null;
  let indent = 0;
  for (const [index, line] of lines.entries()) {
    const offset = lineStarts[index] as number;
    const wrong = (message: string, hint?: string) =>
      diagnostics.push({ severity: 'error', message, hint, place: placeAt(source, offset) });
    const comment = commentStart(line);
    const value = line.slice(0, comment).trim();
    if (value === '') {
      // An empty line is part of a value that goes on after it; a comment is not.
      if (comment === undefined) parts?.push('');
      continue;
    }
    const inwards = line.search(/\S/);
    if (parts !== null && inwards > indent) {
      parts.push(value);
      continue;
    }
    indent = inwards;
    const header = SECTION.exec(value)?.[1];
    if (header !== undefined) {
      parts = null;
      if (sections.has(header)) wrong(`the section [${header}] is there twice`, 'put all of it into one');
      section = sections.get(header) ?? new Map();
      sections.set(header, section);
      continue;
    }
    if (section === null) {
      wrong('a setting without a section', 'put [defaults] above it');
      return { cfg: { source, sections: new Map() }, diagnostics };
    }
    const [, key = '', first = ''] = OPTION.exec(value) ?? [];
    const name = key.toLowerCase();
    if (name === '') {
      wrong('not a setting: there is no "="', 'write key = value, and comments on lines of their own with #');
      parts = null;
      continue;
    }
    if (section.has(name)) wrong(`"${name}" is there twice in its section`, 'leave one');
    parts = [first];
    section.set(name, { parts, offset });
  }
  const joined = [...sections].map(
    ([name, entries]) =>
      [
        name,
        new Map(
          [...entries].map(([key, entry]) => [key, { value: joinParts(entry.parts), offset: entry.offset }]),
        ),
      ] as const,
  );
  return { cfg: { source, sections: new Map(joined) }, diagnostics };
}

const joinParts = (parts: readonly string[]): string => parts.join('\n').trimEnd();

/** Where the comment of a line begins; undefined where it has none. */
function commentStart(line: string): number | undefined {
  if (/^\s*[#;]/.test(line)) return 0;
  const found = /\s;/.exec(line);
  return found === null ? undefined : found.index + 1;
}

/** A raw value of a section, or of [DEFAULT], which stands behind all sections that are there. */
export function cfgEntry({ sections }: Cfg, section: string, key: string): CfgEntry | undefined {
  const own = sections.get(section);
  return own === undefined ? undefined : (own.get(key) ?? sections.get('DEFAULT')?.get(key));
}
