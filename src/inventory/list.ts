import { plural, shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { foundWords } from '../schema/words.ts';
import { isMap } from '../yaml/merge.ts';
import { copyPlaces, keyPlaceOf, keysInOrder, placeOf } from '../yaml/places.ts';
import { MAX_HOSTS } from './ranges.ts';
import type { ParsedInventory, Statement } from './statements.ts';

export interface ParsedList extends ParsedInventory {
  /** Every host, each once. */
  readonly hosts: readonly string[];
  /** False where nothing says what the hosts' variables are, so that a program is asked for each. */
  readonly hasHostVars: boolean;
}

interface Parsing {
  readonly statements: Statement[];
  readonly diagnostics: Diagnostic[];
  readonly start: Place;
  readonly hosts: Set<string>;
}

/** True for what `ansible-inventory --list` prints: hosts are lists, and their variables stand below `_meta`. */
export function isListInventory(value: unknown): boolean {
  return isMap(value) && Object.hasOwn(value, '_meta');
}

/**
 * Reads what `ansible-inventory --list` and inventory programs print: `{"web": {"hosts": ["a"], "vars": {},
 * "children": []}, "_meta": {"hostvars": {"a": {}}}}`. As in Ansible, a group may be just its list of hosts, and one
 * without any of the three keys is a host of that name, in that group, whose variables are the map.
 */
export function parseListInventory(value: unknown, file: string): ParsedList {
  const start = { file, line: 1, column: 1 };
  const to: Parsing = { statements: [], diagnostics: [], start, hosts: new Set() };
  if (!isMap(value)) {
    const message = `the inventory must be a map of groups, found ${foundWords(value)}`;
    fail(to, message, placeOf(value));
    return { statements: [], diagnostics: to.diagnostics, hosts: [], hasHostVars: true };
  }
  for (const name of keysInOrder(value)) {
    if (name !== '_meta') parseGroup(name, value[name], keyPlaceOf(value, name), to);
  }
  const meta = isMap(value._meta) ? value._meta : {};
  if (Object.hasOwn(meta, 'hostvars')) parseHostVars(meta.hostvars, placeOf(meta, 'hostvars'), to);
  return {
    statements: to.statements,
    diagnostics: to.diagnostics,
    hosts: [...to.hosts],
    hasHostVars: Object.hasOwn(meta, 'hostvars'),
  };
}

function parseGroup(group: string, body: unknown, place: Place | undefined, to: Parsing): void {
  if (group.trim() === '') {
    fail(to, 'a group needs a name', place);
    return;
  }
  to.statements.push({ kind: 'group', group });
  const data = groupData(group, body);
  if (!Array.isArray(data.hosts)) {
    const message = `the hosts of the group "${shorten(group)}" must be a list, found ${foundWords(data.hosts)}`;
    fail(to, message, placeOf(data, 'hosts') ?? place);
    return;
  }
  for (const [i, host] of data.hosts.entries()) addHost(group, host, placeOf(data.hosts, i) ?? place, to);
  if (isMap(data.vars)) to.statements.push({ kind: 'vars', group, vars: data.vars });
  else {
    const message = `the variables of the group "${shorten(group)}" must be a map, found ${foundWords(data.vars)}`;
    fail(to, message, placeOf(data, 'vars') ?? place);
  }
  addChildren(group, data.children, placeOf(data, 'children') ?? place, to);
}

interface GroupData {
  readonly hosts: unknown;
  readonly vars: unknown;
  readonly children: unknown;
}

const KEYS = ['hosts', 'vars', 'children'] as const;

function groupData(group: string, body: unknown): GroupData {
  const nothing = { hosts: [], vars: {}, children: [] };
  if (!isMap(body)) return { ...nothing, hosts: body };
  if (!KEYS.some((key) => Object.hasOwn(body, key))) return { ...nothing, hosts: [group], vars: body };
  const data = { ...nothing, ...body };
  copyPlaces(body, data);
  return data;
}

function addHost(group: string, host: unknown, place: Place | undefined, to: Parsing): void {
  if (typeof host !== 'string' || host === '' || /[\s,]/.test(host)) {
    fail(
      to,
      `${typeof host === 'string' ? `"${shorten(host)}"` : foundWords(host)} is not a host name`,
      place,
    );
    return;
  }
  if (!to.hosts.has(host) && to.hosts.size >= MAX_HOSTS) {
    // Said once: whatever comes after it is over the limit, too.
    const message = `the inventory has more than ${plural(MAX_HOSTS, 'host')}`;
    if (!to.diagnostics.some((d) => d.message === message)) fail(to, message, place);
    return;
  }
  to.hosts.add(host);
  to.statements.push({ kind: 'host', group, host, vars: {}, port: null, place });
}

function addChildren(group: string, children: unknown, place: Place | undefined, to: Parsing): void {
  if (
    !Array.isArray(children) ||
    !children.every((child) => typeof child === 'string' && child.trim() !== '')
  ) {
    fail(to, `the children of the group "${shorten(group)}" must be a list of names`, place);
    return;
  }
  for (const child of children as readonly string[]) {
    to.statements.push({ kind: 'group', group: child });
    to.statements.push({ kind: 'child', group, child, place });
  }
}

/** Those of hosts that are in no group are left aside, as in Ansible. */
function parseHostVars(hostVars: unknown, place: Place | undefined, to: Parsing): void {
  if (!isMap(hostVars)) {
    fail(to, `"hostvars" must be a map, found ${foundWords(hostVars)}`, place);
    return;
  }
  for (const host of keysInOrder(hostVars)) {
    const vars = hostVars[host];
    if (!to.hosts.has(host)) continue;
    const parsed = hostVarsOf(host, vars, placeOf(hostVars, host) ?? to.start);
    if ('severity' in parsed) to.diagnostics.push(parsed);
    else to.statements.push(parsed);
  }
}

/** The variables of one host, as a program prints them when it is asked with `--host`. */
export function hostVarsOf(host: string, vars: unknown, place: Place): Statement | Diagnostic {
  if (isMap(vars)) return { kind: 'host_vars', host, vars: vars as Vars };
  const message = `the variables of the host "${shorten(host)}" must be a map, found ${foundWords(vars)}`;
  return { severity: 'error', message, place };
}

function fail(to: Parsing, message: string, place: Place | undefined): void {
  to.diagnostics.push({ severity: 'error', message, place: place ?? to.start });
}
