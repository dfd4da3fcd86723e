import { didYouMeanHint } from '../base/suggest.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Vars } from '../model/inventory.ts';
import { foundWords } from '../schema/words.ts';
import { isMap } from '../yaml/merge.ts';
import { keyPlaceOf, keysInOrder, placeOf } from '../yaml/places.ts';
import { addHosts } from './host_name.ts';
import { isListInventory, parseListInventory } from './list.ts';
import type { ParsedInventory, Statement } from './statements.ts';

interface Parsing {
  readonly statements: Statement[];
  readonly diagnostics: Diagnostic[];
  readonly start: Place;
  hosts: number;
}

const SECTIONS = ['hosts', 'children', 'vars'] as const;

/**
 * Reads one file of Ansible's YAML inventory format: a map of groups, each with `hosts`, `children` and `vars`. With
 * `_meta` it is what `ansible-inventory --list` prints, which Ansible itself takes from programs only.
 * @param value from parseYaml; places come from it
 */
export function parseInventory(value: unknown, file: string): ParsedInventory {
  if (isListInventory(value)) return parseListInventory(value, file);
  const to: Parsing = { statements: [], diagnostics: [], start: { file, line: 1, column: 1 }, hosts: 0 };
  if (!isMap(value) || Object.keys(value).length === 0) {
    const hint = 'an inventory is a map of groups, such as "all:" with "hosts:" below it';
    const found =
      isMap(value) || value === null ? 'the inventory is empty' : `the inventory is ${foundWords(value)}`;
    fail(to, found, hint, placeOf(value));
  } else if (refuseOtherFormats(value, to)) {
    for (const name of keysInOrder(value)) {
      const place = keyPlaceOf(value, name);
      if ((SECTIONS as readonly string[]).includes(name)) {
        fail(to, `"${name}" stands outside of any group`, `put it below a group, e.g. below "all:"`, place);
      } else parseGroup(name, value[name], place, to);
    }
  }
  return { statements: to.statements, diagnostics: to.diagnostics };
}

function refuseOtherFormats(value: Vars, to: Parsing): boolean {
  if (Object.hasOwn(value, 'plugin') && typeof value.plugin === 'string') {
    const message = `inventory plugins ("${shorten(value.plugin)}") are not supported by virtune`;
    fail(
      to,
      message,
      'convert it with "ansible-inventory -i FILE --list --yaml > hosts.yml"',
      keyPlaceOf(value, 'plugin'),
    );
    return false;
  }
  return true;
}

function parseGroup(name: string, body: unknown, place: Place | undefined, to: Parsing): void {
  if (name.trim() === '') {
    fail(to, 'a group needs a name', undefined, place);
    return;
  }
  to.statements.push({ kind: 'group', group: name });
  if (body === null) return;
  if (!isMap(body)) {
    const hint = 'a group is a map with "hosts", "children" and "vars"';
    fail(
      to,
      `the group "${shorten(name)}" must be a map, found ${foundWords(body)}`,
      hint,
      placeOf(body) ?? place,
    );
    return;
  }
  for (const key of keysInOrder(body)) {
    if (key === 'hosts') parseHosts(name, body, to);
    else if (key === 'children') parseChildren(name, body, to);
    else if (key === 'vars') parseGroupVars(name, body, to);
    else {
      const known = 'a group has "hosts", "children" and "vars"; its groups go below "children"';
      const message = `unknown key "${shorten(key)}" in the group "${shorten(name)}"`;
      fail(to, message, didYouMeanHint(key, SECTIONS) ?? known, keyPlaceOf(body, key));
    }
  }
}

function parseHosts(group: string, body: Vars, to: Parsing): void {
  const hosts = section(body, 'hosts', to);
  if (hosts === null) return;
  for (const written of keysInOrder(hosts)) {
    const place = keyPlaceOf(hosts, written) ?? placeOf(body, 'hosts');
    const own = hosts[written] ?? {};
    if (isMap(own)) {
      const entry = {
        group,
        written,
        vars: own,
        place,
        onePerLine: 'one host a line, each with a colon at its end',
      };
      const problem = addHosts(to, entry);
      if (problem !== null) fail(to, problem.message, problem.hint, place);
    } else {
      const message = `the host "${shorten(written)}" must have a map of variables or nothing, found ${foundWords(own)}`;
      fail(to, message, undefined, placeOf(hosts, written) ?? place);
    }
  }
}

function parseChildren(group: string, body: Vars, to: Parsing): void {
  const children = section(body, 'children', to);
  if (children === null) return;
  for (const child of keysInOrder(children)) {
    const place = keyPlaceOf(children, child) ?? placeOf(body, 'children');
    parseGroup(child, children[child] ?? null, place, to);
    to.statements.push({ kind: 'child', group, child, place });
  }
}

function parseGroupVars(group: string, body: Vars, to: Parsing): void {
  const vars = body.vars;
  if (isMap(vars)) to.statements.push({ kind: 'vars', group, vars });
  else if (vars !== null) {
    const hint = 'write each variable as "name: value", without "- " before it';
    fail(to, `"vars" must be a map, found ${foundWords(vars)}`, hint, placeOf(body, 'vars'));
  }
}

/** `hosts` or `children` as a map; null where it says nothing. A single name needs no map. */
function section(body: Vars, key: 'hosts' | 'children', to: Parsing): Vars | null {
  const value = body[key];
  if (value === null) return null;
  if (isMap(value)) return value;
  if (typeof value === 'string' && value.trim() !== '') return { [value]: null };
  const first = Array.isArray(value) && typeof value[0] === 'string' ? value[0] : 'name';
  const hint = `write each as a key, with a colon at its end and no "- " before it: "${shorten(first)}:"`;
  fail(to, `"${key}" must be a map, found ${foundWords(value)}`, hint, placeOf(body, key));
  return null;
}

function fail(to: Parsing, message: string, hint: string | undefined, place: Place | undefined): void {
  to.diagnostics.push({ severity: 'error', message, hint, place: place ?? to.start });
}
