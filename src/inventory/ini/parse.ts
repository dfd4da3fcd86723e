import { type Piece, pythonLineStarts, pythonStrip } from '../../base/python/text.ts';
import { didYouMeanHint } from '../../base/suggest.ts';
import { shorten } from '../../base/text.ts';
import type { Diagnostic } from '../../model/diagnostic.ts';
import { placeAt, type Source, setEntryPlace, setPlace } from '../../yaml/places.ts';
import { addHosts } from '../host_name.ts';
import type { ParsedInventory, Statement } from '../statements.ts';
import { isSectionKind, readGroupName, readHeader, type SectionKind } from './sections.ts';
import { lineVariable, type Variable, type VariableProblem, wordVariable } from './variables.ts';
import { iniWords } from './words.ts';

interface Section {
  readonly group: string;
  readonly kind: SectionKind;
  /** Of a section of variables: those of its lines, one after the other. */
  readonly vars: Record<string, unknown>;
}

/** A group that is named before a section declares it. */
type Pending =
  | { readonly kind: 'vars'; readonly at: number }
  | { readonly kind: 'child'; readonly parents: { readonly group: string; readonly at: number }[] };

interface Parsing {
  readonly statements: Statement[];
  readonly diagnostics: Diagnostic[];
  readonly source: Source;
  /** Groups that are there, in this file and those before it. */
  readonly groups: Set<string>;
  readonly pending: Map<string, Pending>;
  /** Null after a header that is wrong: what its lines are is not known. */
  section: Section | null;
  hosts: number;
}

/** A file that is no INI at all has a mistake in each line. */
const MAX_ERRORS = 20;

/**
 * Reads one file of Ansible's INI inventory format as Ansible's own plugin (plugins/inventory/ini.py) does: sections of
 * hosts, `[group:vars]`, `[group:children]`; before the first one stand hosts without a group. Values are Python's
 * literals or texts. All mistakes are told, with their places, up to 20.
 * @param known groups of the inventory sources before it
 */
export function parseIni(text: string, file: string, known: Iterable<string> = []): ParsedInventory {
  const source = { file, lineStarts: pythonLineStarts(text) };
  const to: Parsing = {
    statements: [],
    diagnostics: [],
    source,
    groups: new Set(['all', 'ungrouped', ...known]),
    pending: new Map(),
    section: { group: 'ungrouped', kind: 'hosts', vars: {} },
    hosts: 0,
  };
  for (const [i, at] of source.lineStarts.entries()) {
    const line = pythonStrip({ text: text.slice(at, source.lineStarts[i + 1]), at });
    if (line.text === '' || line.text.startsWith('#') || line.text.startsWith(';')) continue;
    if (!readSection(line, to) && to.section !== null) readLine(line, to.section, to);
    if (to.diagnostics.filter(({ severity }) => severity === 'error').length >= MAX_ERRORS) break;
  }
  reportPending(to);
  return { statements: to.statements, diagnostics: to.diagnostics.slice(0, MAX_ERRORS) };
}

/** @returns false for a line that is no header */
function readSection(line: Piece, to: Parsing): boolean {
  const header = readHeader(line.text);
  if (header === null) {
    if (!line.text.startsWith('[') || !line.text.endsWith(']')) return false;
    const hint = 'a section is [group], [group:vars] or [group:children], without blanks in the brackets';
    fail(to, line.at, `"${shorten(line.text)}" is not a section`, hint);
    to.section = null;
    return true;
  }
  const kind = header.kind ?? 'hosts';
  if (!isSectionKind(kind)) {
    const known = 'a section is [group], [group:vars] or [group:children]';
    const hint = didYouMeanHint(kind, ['vars', 'children', 'hosts']) ?? known;
    fail(to, line.at + header.group.length + 2, `no section of a group is called "${shorten(kind)}"`, hint);
    to.section = null;
    return true;
  }
  declare(header.group, kind, line.at, to);
  return true;
}

/** Any section makes a group, but variables alone do not: another section must be of it, here or in a file before. */
function declare(group: string, kind: SectionKind, at: number, to: Parsing): void {
  if (!to.groups.has(group)) {
    if (kind === 'vars' && !to.pending.has(group)) to.pending.set(group, { kind: 'vars', at });
    to.groups.add(group);
  }
  const vars = {};
  to.section = { group, kind, vars };
  setPlace(vars, to.source, at);
  to.statements.push(kind === 'vars' ? { kind: 'vars', group, vars } : { kind: 'group', group });
  const pending = to.pending.get(group);
  if (pending === undefined || kind === 'vars') return;
  to.pending.delete(group);
  if (pending.kind === 'child')
    for (const parent of pending.parents) addChild(parent.group, group, parent.at, to);
}

function addChild(group: string, child: string, at: number, to: Parsing): void {
  to.statements.push({ kind: 'child', group, child, place: placeAt(to.source, at) });
}

function readLine(line: Piece, section: Section, to: Parsing): void {
  if (section.kind === 'hosts') readHosts(line, section.group, to);
  else if (section.kind === 'vars') setVariable(section.vars, lineVariable(line, to.source), to);
  else readChild(line, section.group, to);
}

function readHosts(line: Piece, group: string, to: Parsing): void {
  const words = iniWords(line.text);
  if ('problem' in words) {
    fail(to, line.at + words.at, words.problem, `put what holds one in other quotes: name="it's"`);
    return;
  }
  const [name, ...rest] = words;
  const written = name?.text ?? '';
  const vars = {};
  setPlace(vars, to.source, line.at);
  for (const word of rest) setVariable(vars, wordVariable(word, line.at, to.source), to);
  const place = placeAt(to.source, line.at);
  const onePerLine = 'one host a line';
  const problem = unfitName(written) ?? addHosts(to, { group, written, vars, place, onePerLine });
  if (problem !== null) fail(to, line.at, problem.message, problem.hint);
}

/** Names that Ansible takes for a sign of YAML, or for a port that is missing. */
function unfitName(written: string): { readonly message: string; readonly hint: string } | null {
  if (written.trim() === '---')
    return { message: '"---" is not a host name', hint: 'a YAML inventory needs a name that ends with .yml' };
  if (!written.trim().endsWith(':')) return null;
  const hint = 'behind a colon stands a port: host:2222; a YAML inventory needs a name that ends with .yml';
  return { message: `the host name "${shorten(written)}" ends with a colon`, hint };
}

/** A variable that is there already gets the later value, as in Ansible, with a warning. */
function setVariable(vars: Record<string, unknown>, read: Variable | VariableProblem, to: Parsing): void {
  if ('message' in read) {
    fail(to, read.at, read.message, read.hint);
    return;
  }
  const { name, value, nameAt, valueAt } = read;
  if (Object.hasOwn(vars, name)) {
    const message = `"${shorten(name)}" is set twice here: the last value counts`;
    to.diagnostics.push({ severity: 'warning', message, place: placeAt(to.source, nameAt) });
  }
  vars[name] = value;
  setEntryPlace(vars, name, to.source, nameAt, valueAt);
}

function readChild(line: Piece, group: string, to: Parsing): void {
  const child = readGroupName(line.text);
  if (child === null) {
    const hint = 'in a section [group:children] each line is the name of a group';
    fail(to, line.at, `"${shorten(line.text)}" is not the name of a group`, hint);
    return;
  }
  if (to.groups.has(child)) {
    addChild(group, child, line.at, to);
    return;
  }
  const pending = to.pending.get(child);
  const parent = { group, at: line.at };
  if (pending?.kind === 'child') pending.parents.push(parent);
  else to.pending.set(child, { kind: 'child', parents: [parent] });
}

/** Groups that nothing has declared. */
function reportPending(to: Parsing): void {
  const declared = [...to.groups].filter((group) => !to.pending.has(group));
  for (const [group, pending] of to.pending) {
    const hint = didYouMeanHint(group, declared) ?? `declare it with a section [${shorten(group)}]`;
    const [at, message] =
      pending.kind === 'vars'
        ? [pending.at, `[${shorten(group)}:vars] is of a group that no other section declares`]
        : [pending.parents[0]?.at ?? 0, `no section declares the group "${shorten(group)}"`];
    fail(to, at, message, hint);
  }
}

function fail(to: Parsing, at: number, message: string, hint?: string): void {
  to.diagnostics.push({ severity: 'error', message, hint, place: placeAt(to.source, at) });
}
