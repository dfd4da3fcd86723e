import { Composer, type CST, type Document, Lexer, type ParsedNode, Parser } from 'yaml';
import { plural } from '../base/text.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { explainSyntaxError } from './errors.ts';
import { placeAt, type Source } from './places.ts';
import { tooMuchYaml } from './size.ts';

/** Files of an inventory are small; these keep a hostile one from eating the machine. */
export const MAX_BYTES = 16 * 1024 * 1024;
export const MAX_DEPTH = 64;
/** About 500 MB of syntax tree at worst; an inventory of 10,000 hosts with ten variables each has 700,000. */
const MAX_TOKENS = 1_000_000;
const MAX_ERRORS = 20;

/** The library counts documents and pending scalars as levels, too. */
const PARSER_LEVELS = MAX_DEPTH + 8;

/** YAML's own rule (and PyYAML's): these may stand in a file only as escapes. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const UNPRINTABLE = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]|\p{Cs}/u;

export interface Syntax {
  /** Null for an empty file, and where errors leave nothing that could be trusted. */
  readonly root: ParsedNode | null;
  readonly diagnostics: readonly Diagnostic[];
}

/** From text to YAML's syntax tree: one document, bounded in size and depth. Scalars stay as written. */
export function parseSyntax(text: string, source: Source): Syntax {
  const refuse = (at: number, message: string, hint?: string): Syntax => ({
    root: null,
    diagnostics: [{ severity: 'error', message, hint, place: placeAt(source, at) }],
  });
  if (text.length > MAX_BYTES) return refuse(0, 'the file is too large: more than 16 MiB');
  const tooMuch = tooMuchYaml(text);
  if (tooMuch !== null) return refuse(tooMuch.at, tooMuch.message, tooMuch.hint);
  const control = UNPRINTABLE.exec(text);
  if (control !== null) {
    const code = (control[0].codePointAt(0) ?? 0).toString(16).padStart(2, '0');
    return refuse(control.index, `the file has a control character (0x${code}), which YAML does not allow`);
  }
  const tokens = tokenize(text);
  if ('message' in tokens) return refuse(tokens.at, tokens.message);
  const documents = [...new Composer(OPTIONS).compose(tokens.list, true, text.length)];
  const first = documents[0];
  const diagnostics = documents
    .flatMap((document) => syntaxErrors(document, text, source))
    .slice(0, MAX_ERRORS);
  const second = documents[1];
  if (second !== undefined && diagnostics.length === 0) {
    return refuse(
      second.range[0],
      'the file has more than one YAML document',
      'keep one per file, without "---" between',
    );
  }
  return { root: diagnostics.length === 0 ? (first?.contents ?? null) : null, diagnostics };
}

/**
 * Scalars unresolved, keys unchecked: both are done while building, exactly as Ansible does it, and without the
 * library's comparison of each key with all others.
 */
const OPTIONS = {
  schema: 'failsafe',
  // Else the library makes values of its own of `!!omap`, `!!set`, `!!binary` and others.
  resolveKnownTags: false,
  uniqueKeys: false,
  merge: false,
  strict: true,
  prettyErrors: false,
  logLevel: 'silent',
} as const;

type Tokens = { readonly list: CST.Token[] } | { readonly message: string; readonly at: number };

/** The library recurses over what it has parsed, so that bounds must be kept while parsing. */
function tokenize(text: string): Tokens {
  const parser = new Parser();
  const list: CST.Token[] = [];
  let count = 0;
  // Both cost the composer more than linear time.
  let oddities = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      list.push(token);
      if (token.type === 'error' || token.type === 'directive') oddities++;
    }
    if (parser.stack.length > PARSER_LEVELS) return { message: tooDeep(), at: parser.offset };
    if (++count > MAX_TOKENS) return { message: 'the file is too large: split it', at: parser.offset };
    if (oddities > MAX_ERRORS) break;
  }
  for (const token of parser.end()) list.push(token);
  return { list };
}

export function tooDeep(): string {
  return `nested too deeply: more than ${plural(MAX_DEPTH, 'level')}`;
}

function syntaxErrors(document: Document.Parsed, text: string, source: Source): Diagnostic[] {
  const lines = new Set<number>();
  const found: Diagnostic[] = [];
  for (const error of document.errors) {
    const { at, message, hint } = explainSyntaxError(error, text);
    const place = placeAt(source, Math.min(at, text.length));
    // One mistake makes the library stumble several times on a line; the first says it.
    if (lines.has(place.line)) continue;
    lines.add(place.line);
    found.push({ severity: 'error', message, hint, place });
    if (found.length >= MAX_ERRORS) break;
  }
  return found;
}
