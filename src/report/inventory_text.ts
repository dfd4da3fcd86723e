import { Document, Scalar, visit } from 'yaml';
import { printable } from '../base/text.ts';
import type { Group, Inventory, Vars } from '../model/inventory.ts';
import { Encrypted } from '../yaml/encrypted.ts';
import { UnsafeText } from '../yaml/unsafe.ts';

/** An inventory as `ansible-inventory` prints it (ansible-core, lib/ansible/cli/inventory.py). */

/** A host's variables, without those that the tool itself gives. */
export type VarsOf = (host: string) => Vars;

/** `--list`: groups with their hosts and children, and all variables of each host below `_meta`. */
export function inventoryJson(inventory: Inventory, varsOf: VarsOf): string {
  const result: Record<string, unknown> = {};
  for (const group of reachable(inventory)) {
    const entry = {
      ...(group.children.length === 0 ? {} : { children: group.children }),
      // Hosts of "all" are those of its children.
      ...(group.name === 'all' || group.hosts.length === 0 ? {} : { hosts: group.hosts }),
    };
    if (Object.keys(entry).length > 0) result[group.name] = entry;
  }
  const hosts = [...inventory.hosts.keys()].map((name) => [name, varsOf(name)] as const);
  const hostvars = Object.fromEntries(hosts.filter(([, vars]) => Object.keys(vars).length > 0));
  return json({ ...result, _meta: { hostvars } });
}

/** `--list --yaml`: the same as a YAML inventory; a host has its variables where it stands first. */
export function inventoryYaml(inventory: Inventory, varsOf: VarsOf): string {
  const seen = new Set<string>();
  const entry = (group: Group): object => {
    const children = group.children.flatMap((name) => {
      const child = inventory.groups.get(name);
      return child === undefined ? [] : [[name, entry(child)] as const];
    });
    const hosts = group.name === 'all' ? [] : group.hosts;
    const vars = hosts.map((name) => {
      const first = !seen.has(name);
      seen.add(name);
      return [name, first ? varsOf(name) : {}] as const;
    });
    return {
      ...(children.length === 0 ? {} : { children: Object.fromEntries(children) }),
      ...(vars.length === 0 ? {} : { hosts: Object.fromEntries(vars) }),
    };
  };
  const all = inventory.groups.get('all');
  return yaml({ all: all === undefined ? {} : entry(all) });
}

/** `--host`: the variables of one host. */
export function hostJson(vars: Vars): string {
  return json(vars);
}

export function hostYaml(vars: Vars): string {
  return yaml(vars);
}

/** `--graph`: groups and hosts as a tree. */
export function inventoryGraph(inventory: Inventory, top: Group): string {
  const lines: string[] = [];
  const add = (name: string, depth: number) =>
    lines.push(`${depth === 0 ? '' : `${'  |'.repeat(depth)}--`}${printable(name)}`);
  const addGroup = (group: Group, depth: number) => {
    add(`@${group.name}:`, depth);
    for (const name of group.children) {
      const child = inventory.groups.get(name);
      if (child !== undefined) addGroup(child, depth + 1);
    }
    if (group.name !== 'all') for (const host of group.hosts) add(host, depth + 1);
  };
  addGroup(top, 0);
  return `${lines.join('\n')}\n`;
}

/** All groups below "all", each once. */
function reachable(inventory: Inventory): readonly Group[] {
  const found = new Map<string, Group>();
  const waiting = ['all'];
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const group = inventory.groups.get(name);
    if (group === undefined || found.has(name)) continue;
    found.set(name, group);
    waiting.push(...group.children);
  }
  return [...found.values()];
}

/** As Python's json.dumps with sorted keys and four blanks, unsafe characters escaped. */
function json(value: unknown): string {
  return `${escaped(
    JSON.stringify(
      sorted(value, (found) => found.toJSON()),
      null,
      4,
    ),
  )}\n`;
}

function yaml(value: unknown): string {
  const document = new Document(sorted(value, taggedScalar), { aliasDuplicateObjects: false });
  visit(document, {
    Scalar: (_, node) => {
      // Only double quotes have escapes.
      if (typeof node.value === 'string' && escaped(node.value) !== node.value)
        node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return escaped(document.toString({ lineWidth: 0, indentSeq: false }));
}

/** Python sorts by code points, and so does `<`, except for surrogates. */
function sorted(value: unknown, tagged: (found: Tagged) => unknown): unknown {
  if (value instanceof Encrypted || value instanceof UnsafeText) return tagged(value);
  if (Array.isArray(value)) return value.map((inner) => sorted(inner, tagged));
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, sorted(inner, tagged)] as const);
  return Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));
}

/** What Ansible writes with a tag. */
type Tagged = Encrypted | UnsafeText;

/** Encrypted values stay so, as Ansible writes them. */
function taggedScalar(value: Tagged): Scalar {
  const scalar = new Scalar(value.text);
  if (value instanceof UnsafeText) scalar.tag = '!unsafe';
  else {
    scalar.tag = '!vault';
    scalar.type = Scalar.BLOCK_LITERAL;
  }
  return scalar;
}

/** What a terminal would act on, as escapes that JSON and YAML's double quotes share. */
function escaped(text: string): string {
  return text.replace(/[\u007f-\u009f\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, (char) =>
    [...Array(char.length).keys()]
      .map((index) => `\\u${char.charCodeAt(index).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
