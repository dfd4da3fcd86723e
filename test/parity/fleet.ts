import type { Question } from './ansible.ts';

/** A generated inventory of 2,000 hosts: sites, racks and roles that overlap, with variables of each. */
export function fleet(): {
  readonly files: Readonly<Record<string, string>>;
  readonly patterns: readonly Question[];
} {
  const sites = ['north', 'south', 'east', 'west'];
  const racks = sites.flatMap((site) => Array.from({ length: 10 }, (_, i) => `${site}_r${i}`));
  const roles = ['compute', 'storage', 'edge'];
  const host = (rack: string, n: number) =>
    `${rack.replace('_', '-')}-hv${String(n).padStart(2, '0')}.example.net`;
  const groups: Record<string, object> = {
    all: { vars: { ansible_user: 'root', nic_limits: [{ domain: '*', rate: '100 Mbit/s' }] } },
  };
  for (const site of sites) {
    groups[site] = {
      children: Object.fromEntries(racks.filter((rack) => rack.startsWith(site)).map((rack) => [rack, null])),
      vars: { site, uplink: '10 Gbit/s' },
    };
  }
  for (const [r, rack] of racks.entries()) {
    const written = `${rack.replace('_', '-')}-hv[01:50].example.net`;
    groups[rack] = { hosts: { [written]: null, [host(rack, 1)]: { first: true } }, vars: { rack: r } };
  }
  for (const [i, role] of roles.entries()) {
    const hosts = racks.flatMap((rack) =>
      Array.from({ length: 50 }, (_, n) => n + 1)
        .filter((n) => n % 3 === i)
        .map((n) => [host(rack, n), n % 7 === 0 ? { odd: n } : null]),
    );
    groups[role] = { hosts: Object.fromEntries(hosts), vars: { role, ansible_group_priority: i } };
  }
  groups.even = {
    children: Object.fromEntries(racks.filter((_, i) => i % 2 === 0).map((rack) => [rack, null])),
  };
  const files = {
    'hosts.json': JSON.stringify(groups),
    'group_vars/all.yml': 'zone: all\nlist: [1, 2, 3]\n',
    'group_vars/compute.yml': 'zone: compute\n',
    'group_vars/north_r1/a.yml': 'zone: r1\n',
    [`host_vars/${host('north_r1', 3)}.yml`]: 'zone: host\n',
  };
  const patterns = [
    'all',
    'north',
    'compute',
    'north:&compute',
    'compute,!*-hv0?.*',
    'edge[0:99]',
    'all[-1]',
    'even',
    'even:!east',
    '~south-r[13]-hv4\\d',
    '*hv1[05]*',
    'storage:&west_r?:!*-hv01*',
    'north_r1,south_r2,north_r0',
  ];
  return { files, patterns: patterns.map((pattern): Question => [pattern, null]) };
}
