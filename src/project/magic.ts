import { dirname } from 'node:path';
import { hostsOfGroup } from '../inventory/groups.ts';
import { type LazyMap, OMIT } from '../jinja/value.ts';
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

/** The names that templates of a play have beside variables, as in Ansible. */
export function playMagic(
  play: Play,
  hosts: readonly string[],
  inventory: Inventory | undefined,
  varsOf: (host: string, play: Play) => Vars,
): Magic {
  const magic = new Map<string, unknown>([
    ['omit', OMIT],
    ['ansible_play_name', play.name],
    ['ansible_play_hosts', hosts],
    ['ansible_play_hosts_all', hosts],
    ['playbook_dir', play.file === '' ? '' : dirname(play.file)],
  ]);
  if (inventory === undefined) return magic;
  // Other hosts' variables are those of the inventory: Ansible's hostvars know no play either.
  const bare = { ...play, vars: {} };
  magic.set('groups', groupsMap(inventory));
  magic.set(
    'hostvars',
    hostVarsMap(new Set(inventory.hosts.keys()), (host) => varsOf(host, bare), magic),
  );
  return magic;
}
