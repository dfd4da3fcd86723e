import { hostsOfGroup } from '../inventory/groups.ts';
import type { LazyMap } from '../jinja/value.ts';
import type { Inventory, Vars } from '../model/inventory.ts';
import type { Play } from '../model/playbook.ts';
import { hostVarsMap } from '../template/hostvars.ts';
import type { Magic } from '../template/state.ts';

const made = new WeakMap<Inventory, LazyMap>();

/** The hosts of each group, found when they are asked for. */
function groupsMap(inventory: Inventory): LazyMap {
  const known = new Map<string, readonly string[]>();
  const before = made.get(inventory);
  if (before !== undefined) return before;
  const map: LazyMap = {
    lazy: true,
    name: 'groups',
    keys: () => [...inventory.groups.keys()],
    get: (name) => {
      if (!inventory.groups.has(name)) return undefined;
      const hosts = known.get(name) ?? hostsOfGroup(inventory, name);
      known.set(name, hosts);
      return hosts;
    },
  };
  made.set(inventory, map);
  return map;
}

/**
 * The names that templates of a play have beside variables, as in Ansible.
 * @param run those that hold for the whole run
 */
export function playMagic(
  play: Play,
  hosts: readonly string[],
  inventory: Inventory | undefined,
  varsOf: (host: string, play: Play) => Vars,
  run: Magic,
): Magic {
  const magic = new Map<string, unknown>([
    ...run,
    ['ansible_play_name', play.name],
    ['ansible_play_hosts', hosts],
    ['ansible_play_hosts_all', hosts],
    ['ansible_play_batch', hosts],
    ['play_hosts', hosts],
  ]);
  if (inventory === undefined) return magic;
  // Other hosts' variables are those of the inventory: Ansible's hostvars know no play either.
  const { varsFiles: _, ...withoutFiles } = play;
  const bare = { ...withoutFiles, vars: {} };
  magic.set('groups', groupsMap(inventory));
  magic.set(
    'hostvars',
    hostVarsMap(new Set(inventory.hosts.keys()), (host) => varsOf(host, bare), magic),
  );
  return magic;
}

/** The names of each batch of a play: which hosts are in it. Where there is one batch, those of the play. */
export function batchMagic(
  magic: Magic,
  batches: readonly (readonly string[])[],
): ReadonlyMap<string, Magic> {
  const ofHost = new Map<string, Magic>();
  for (const batch of batches) {
    const own =
      batches.length === 1
        ? magic
        : new Map([...magic, ['ansible_play_batch', batch], ['play_hosts', batch]]);
    for (const host of batch) ofHost.set(host, own);
  }
  return ofHost;
}
