import type { Group, Inventory } from '../model/inventory.ts';

/**
 * Every host of a group, its own and those of its children, each once, in Ansible's order: group by group, those of
 * one level before those of the next. (Beyond the children Ansible itself takes the groups of a level as they lie in
 * its memory, in any order; here they are taken in the order of the files.)
 */
export function hostsOfGroup(inventory: Inventory, name: string): readonly string[] {
  const hosts = new Set<string>();
  for (const group of withDescendants(inventory.groups, name)) {
    for (const host of inventory.groups.get(group)?.hosts ?? []) hosts.add(host);
  }
  return [...hosts];
}

/** A group and everything below it, each once, level by level. */
function withDescendants(
  groups: ReadonlyMap<string, Pick<Group, 'children'>>,
  name: string,
): ReadonlySet<string> {
  // A set is walked in the order of insertion, also of what is inserted meanwhile.
  const found = new Set([name]);
  for (const next of found) {
    for (const child of groups.get(next)?.children ?? []) found.add(child);
  }
  return found;
}

/** The parents of each group. */
export function parentsOf(
  groups: ReadonlyMap<string, Pick<Group, 'children'>>,
): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const [name, group] of groups) {
    for (const child of group.children) {
      const known = parents.get(child);
      if (known === undefined) parents.set(child, [name]);
      else known.push(name);
    }
  }
  return parents;
}

/**
 * How deep each group stands: the longest path to it from `all`, which is 0. Needs groups without cycles, all of
 * which have `all` above them.
 */
export function groupDepths(
  groups: ReadonlyMap<string, Pick<Group, 'children'>>,
): ReadonlyMap<string, number> {
  const parents = parentsOf(groups);
  const depths = new Map<string, number>();
  for (const start of groups.keys()) {
    // A stack instead of recursion: a chain of groups may be as long as a file allows.
    const stack = [start];
    while (stack.length > 0) {
      const name = stack.at(-1) ?? '';
      const above = parents.get(name) ?? [];
      const missing = depths.has(name) ? [] : above.filter((parent) => !depths.has(parent));
      if (missing.length > 0) stack.push(...missing);
      else {
        stack.pop();
        if (!depths.has(name))
          depths.set(name, 1 + Math.max(-1, ...above.map((parent) => depths.get(parent) ?? 0)));
      }
    }
  }
  return depths;
}
