import { findCycles } from '../base/cycles.ts';
import { shorten } from '../base/text.ts';
import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Group, HostSource, Inventory, InventoryHost, Vars } from '../model/inventory.ts';
import { mergeLayers } from '../yaml/merge.ts';
import { overlayPlaces, placeOf } from '../yaml/places.ts';
import { parentsOf } from './groups.ts';
import type { Statement } from './statements.ts';

interface GroupDraft {
  readonly children: Set<string>;
  readonly hosts: Set<string>;
  readonly layers: Vars[];
}

interface HostDraft {
  readonly layers: Vars[];
  readonly groups: Set<string>;
  readonly place: Place | undefined;
  readonly source: HostSource | undefined;
}

interface Draft {
  readonly groups: Map<string, GroupDraft>;
  readonly hosts: Map<string, HostDraft>;
  readonly childPlaces: Map<string, Place | undefined>;
}

export interface BuiltInventory {
  readonly inventory: Inventory;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Makes one inventory of what its sources say, in their order: a later variable replaces an earlier one. As in
 * Ansible, groups without a parent belong to `all`, and hosts without a group to `ungrouped`.
 *
 * Errors: groups that contain each other, a priority that is not a number, hosts named like the groups that always
 * exist. Warning: a name of both a group and a host.
 */
export function buildInventory(statements: readonly Statement[]): BuiltInventory {
  const draft = replay(statements);
  const diagnostics = removeCycles(draft);
  adoptOrphans(draft);
  const groups = new Map<string, Group>();
  for (const [name, group] of draft.groups) groups.set(name, finishGroup(name, group, diagnostics));
  const inventory = { groups, hosts: finishHosts(draft) };
  for (const name of groups.keys()) {
    const host = draft.hosts.get(name);
    if (host !== undefined) diagnostics.push(sameName(name, host.place));
  }
  return { inventory, diagnostics };
}

function sameName(name: string, place: Place | undefined): Diagnostic {
  if (BUILT_IN.includes(name)) {
    return { severity: 'error', message: `a host cannot be named "${name}": that is a group, always`, place };
  }
  return {
    severity: 'warning',
    message: `"${shorten(name)}" is both a group and a host`,
    hint: 'give one of them another name: to Ansible, variables of such a host are those of the group',
    place,
  };
}

const BUILT_IN: readonly string[] = ['all', 'ungrouped'];

function replay(statements: readonly Statement[]): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map(), childPlaces: new Map() };
  groupDraft(draft, 'all').children.add('ungrouped');
  groupDraft(draft, 'ungrouped');
  for (const statement of statements) {
    if (statement.kind === 'host_vars') {
      if (draft.hosts.has(statement.host)) addHostVars(draft, statement.host, statement.vars);
      continue;
    }
    const group = groupDraft(draft, statement.group);
    if (statement.kind === 'vars') group.layers.push(statement.vars);
    else if (statement.kind === 'child') {
      group.children.add(statement.child);
      draft.childPlaces.set(edge(statement.group, statement.child), statement.place);
    } else if (statement.kind === 'host') addHost(draft, group, statement);
  }
  return draft;
}

function addHost(draft: Draft, group: GroupDraft, statement: Statement & { readonly kind: 'host' }): void {
  let host = draft.hosts.get(statement.host);
  if (host !== undefined && statement.onlyNew) return;
  group.hosts.add(statement.host);
  if (host === undefined) {
    // A port in the name counts for a host that is new, and its variables win over it, as in Ansible.
    const port = statement.port === null ? [] : [{ ansible_port: statement.port }];
    host = { layers: port, groups: new Set(), place: statement.place, source: statement.source };
    draft.hosts.set(statement.host, host);
  }
  host.groups.add(statement.group);
  addHostVars(draft, statement.host, statement.vars);
}

/** Ansible looks for a group of that name first, so the variables of a host with that name go to the group. */
function addHostVars(draft: Draft, host: string, vars: Vars): void {
  (draft.groups.get(host) ?? draft.hosts.get(host))?.layers.push(vars);
}

function groupDraft(draft: Draft, name: string): GroupDraft {
  const known = draft.groups.get(name);
  if (known !== undefined) return known;
  const fresh: GroupDraft = { children: new Set(), hosts: new Set(), layers: [] };
  draft.groups.set(name, fresh);
  return fresh;
}

function edge(parent: string, child: string): string {
  return `${parent}\n${child}`;
}

function removeCycles(draft: Draft): Diagnostic[] {
  const diagnostics = removeParentsOfBuiltIns(draft);
  const cycles = findCycles([...draft.groups.keys()], (name) => [
    ...(draft.groups.get(name)?.children ?? []),
  ]);
  for (const { from, to, path } of cycles) {
    draft.groups.get(from)?.children.delete(to);
    const place = draft.childPlaces.get(edge(from, to));
    const message = `groups contain each other: ${shorten(path.join(' > '), 200)}`;
    diagnostics.push({ severity: 'error', message, place });
  }
  return diagnostics;
}

/**
 * Every group is below `all`, so that `all` below any is a cycle. A host of `ungrouped` below another group would be in
 * a group, and so not ungrouped: Ansible takes it out of both, and loses it.
 */
function removeParentsOfBuiltIns(draft: Draft): Diagnostic[] {
  const diagnostics: Diagnostic[] = [];
  for (const [name, group] of draft.groups) {
    for (const child of name === 'all' ? ['all'] : BUILT_IN) {
      if (!group.children.delete(child)) continue;
      const message = `the group "${child}" cannot be below "${shorten(name)}"`;
      diagnostics.push({ severity: 'error', message, place: draft.childPlaces.get(edge(name, child)) });
    }
  }
  return diagnostics;
}

function adoptOrphans(draft: Draft): void {
  const children = new Map(
    [...draft.groups].map(([name, group]) => [name, { children: [...group.children] }]),
  );
  const parents = parentsOf(children);
  const all = groupDraft(draft, 'all');
  for (const name of draft.groups.keys()) if (name !== 'all' && !parents.has(name)) all.children.add(name);
  const ungrouped = groupDraft(draft, 'ungrouped');
  for (const [name, host] of draft.hosts) {
    const grouped = [...host.groups].some((group) => group !== 'all' && group !== 'ungrouped');
    if (grouped) {
      ungrouped.hosts.delete(name);
      host.groups.delete('ungrouped');
    } else if (host.groups.has('ungrouped') || !draft.groups.has(name) || BUILT_IN.includes(name)) {
      ungrouped.hosts.add(name);
      host.groups.add('ungrouped');
    } else {
      // Ansible looks for a group of the name first, here as well.
      ungrouped.children.add(name);
    }
  }
}

const PRIORITY = 'ansible_group_priority';

function finishGroup(name: string, draft: GroupDraft, diagnostics: Diagnostic[]): Group {
  const merged = mergeLayers(draft.layers);
  const base = { name, children: [...draft.children], hosts: [...draft.hosts] };
  if (!Object.hasOwn(merged, PRIORITY)) return { ...base, vars: merged };
  const priority = wholeNumber(merged[PRIORITY]);
  if (priority === null) {
    const message = `${PRIORITY} must be a whole number`;
    diagnostics.push({ severity: 'error', message, place: placeOf(merged, PRIORITY) });
  }
  // It orders the group and is no variable of its hosts.
  const layers = draft.layers.map((layer) => mergeWithout(layer, PRIORITY));
  return { ...base, vars: mergeLayers(layers), priority: priority ?? 1 };
}

function wholeNumber(value: unknown): number | null {
  const isNumber =
    typeof value === 'number' || (typeof value === 'string' && /^\s*[-+]?[0-9]+\s*$/.test(value));
  return isNumber && Number.isInteger(Number(value)) ? Number(value) : null;
}

function mergeWithout(layer: Vars, key: string): Vars {
  if (!Object.hasOwn(layer, key)) return layer;
  const { [key]: _, ...rest } = layer;
  overlayPlaces(rest, [layer]);
  return rest;
}

function finishHosts(draft: Draft): Map<string, InventoryHost> {
  const parents = parentsOf(
    new Map([...draft.groups].map(([name, group]) => [name, { children: [...group.children] }])),
  );
  const known = new Map<string, readonly string[]>();
  const hosts = new Map<string, InventoryHost>();
  for (const [name, host] of draft.hosts) {
    const direct = [...host.groups].sort();
    const key = direct.join('\n');
    // Hosts of the same groups share one list: fleets have few kinds of hosts.
    let groups = known.get(key);
    if (groups === undefined) {
      groups = withAncestors(direct, parents);
      known.set(key, groups);
    }
    hosts.set(name, { name, groups, vars: mergeLayers(host.layers), place: host.place, source: host.source });
  }
  return hosts;
}

function withAncestors(
  direct: readonly string[],
  parents: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const found = new Set<string>();
  const waiting = [...direct];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    waiting.push(...(parents.get(next) ?? []));
  }
  found.delete('all');
  return [...found].sort();
}
