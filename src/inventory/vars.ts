import type { Group, Inventory, InventoryHost, Vars } from '../model/inventory.ts';
import { type OpenEncrypted, openOnDemand } from '../yaml/encrypted.ts';
import { mergeLayers } from '../yaml/merge.ts';
import { isIpAddress } from './address.ts';
import { groupDepths } from './groups.ts';

/** What one folder's group_vars/ and host_vars/ hold, by the name of the group or host. */
export interface DirVars {
  /** Absolute, without symbolic links. */
  readonly dir: string;
  readonly groups: ReadonlyMap<string, Vars>;
  readonly hosts: ReadonlyMap<string, Vars>;
}

export interface VarSources {
  /** Beside the inventory sources, in their order. */
  readonly inventoryDirs: readonly DirVars[];
  /** Beside the playbook. */
  readonly playbookDirs?: readonly DirVars[];
  /** Opens encrypted values when they are read; without it they are Encrypted. */
  readonly open?: OpenEncrypted;
}

export interface PlayVars {
  readonly playVars?: Vars;
  readonly extraVars?: Vars;
}

/** The variables of a host, templates unresolved. Hosts of an unknown name have what every host has. */
export type HostVars = (host: string, play?: PlayVars) => Vars;

/**
 * A function that gives any host's variables by Ansible's precedence, a later one winning:
 * 1. `all` from inventory files; 2. other groups from inventory files; 3. group_vars/all beside the inventory, then
 * beside the playbook; 4. group_vars of other groups beside the inventory, then beside the playbook; 5. the host
 * from inventory files; 6. host_vars beside the inventory, then beside the playbook; 7. the play; 8. extra vars;
 * 9. what virtune knows itself (MAGIC_VARS). Groups go by depth, then ansible_group_priority, then name.
 *
 * What hosts of the same groups share is merged once, so that 10,000 hosts cost little; values are shared, too.
 */
export function createHostVars(inventory: Inventory, sources: VarSources): HostVars {
  const inGroupOrder = groupOrder(inventory.groups);
  const inventoryDirs = sources.inventoryDirs;
  const playbookDirs = sources.playbookDirs ?? [];
  const shared = new Map<string, Vars>();

  const groupVars = (host: InventoryHost | undefined): Vars => {
    const names = host?.groups ?? [];
    const key = names.join('\n');
    const known = shared.get(key);
    if (known !== undefined) return known;
    const groups = inGroupOrder(names);
    const merged = mergeLayers([
      ...fromGroups(inventory, ['all', ...groups]),
      ...fromDirs([...inventoryDirs, ...playbookDirs], 'groups', ['all']),
      ...fromDirs([...inventoryDirs, ...playbookDirs], 'groups', groups),
    ]);
    shared.set(key, merged);
    return merged;
  };

  return (name, { playVars, extraVars } = {}) => {
    const host = inventory.hosts.get(name);
    const vars = mergeLayers([
      groupVars(host),
      ...present(host?.vars),
      ...fromDirs([...inventoryDirs, ...playbookDirs], 'hosts', [name]),
      ...present(playVars),
      ...present(extraVars),
      magicVars(name, host),
    ]);
    // Fresh for each call: what virtune knows itself is one layer, and no other layer has the host's name.
    if (sources.open !== undefined) openOnDemand(vars as Record<string, unknown>, sources.open);
    return vars;
  };
}

/** Variables that are virtune's own, as Ansible has them; nothing overrides them. */
export const MAGIC_VARS = [
  'inventory_hostname',
  'inventory_hostname_short',
  'group_names',
  'inventory_file',
  'inventory_dir',
] as const;

function magicVars(name: string, host: InventoryHost | undefined): Vars {
  return {
    inventory_hostname: name,
    inventory_hostname_short: isIpAddress(name) ? name : (name.split('.', 1)[0] ?? name),
    group_names: host?.groups ?? [],
    ...(host?.source && { inventory_file: host.source.file, inventory_dir: host.source.dir }),
  };
}

function groupOrder(groups: ReadonlyMap<string, Group>): (names: readonly string[]) => readonly string[] {
  const depths = groupDepths(groups);
  const depth = (name: string) => depths.get(name) ?? 0;
  const priority = (name: string) => groups.get(name)?.priority ?? 1;
  return (names) =>
    names.toSorted(
      (a, b) => depth(a) - depth(b) || priority(a) - priority(b) || (a < b ? -1 : a > b ? 1 : 0),
    );
}

function fromGroups(inventory: Inventory, names: readonly string[]): Vars[] {
  return names.flatMap((name) => present(inventory.groups.get(name)?.vars));
}

/** Folder by folder, in each the names in order, as Ansible does it. */
function fromDirs(dirs: readonly DirVars[], kind: 'groups' | 'hosts', names: readonly string[]): Vars[] {
  return dirs.flatMap((dir) => names.flatMap((name) => present(dir[kind].get(name))));
}

function present(vars: Vars | undefined): Vars[] {
  return vars === undefined ? [] : [vars];
}
