import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const SITES = 10;
const RACKS = 20;
const HOSTS = 50;
const RULES = 200;

export interface ResolveFiles {
  readonly inventory: string;
  readonly playbook: string;
  readonly hosts: number;
  readonly rules: number;
}

/** An inventory of 10,000 hosts in racks of sites, each host written out with its address, and 200 rules for all. */
export async function writeResolveFiles(dir: string): Promise<ResolveFiles> {
  await mkdir(join(dir, 'group_vars'), { recursive: true });
  const range = (count: number) => Array.from({ length: count }, (_, i) => i);
  const lines = ['all:', '  children:'];
  for (const site of range(SITES)) {
    lines.push(`    site${site}:`, '      children:');
    for (const rack of range(RACKS)) {
      lines.push(`        site${site}_rack${rack}:`, '          hosts:');
      for (const host of range(HOSTS)) {
        lines.push(`            hv${host}.rack${rack}.site${site}.example.net:`);
        lines.push(`              ansible_host: 10.${site}.${rack}.${host}`);
      }
      lines.push('          vars:', `            rack: ${rack}`);
    }
    lines.push('      vars:', `        site: ${site}`);
  }
  const rules = range(RULES).map((i) => {
    const limit = `{average: ${i + 1} Mbit/s, peak: ${2 * i + 2} Mbit/s, burst: ${i + 1} MiB}`;
    return `  - {name: rule ${i}, domain: "vm${i}-*", nic: ${1 + (i % 3)}, inbound: ${limit}, outbound: ${i + 1} Mbit/s}\n`;
  });
  const inventory = join(dir, 'hosts.yml');
  const playbook = join(dir, 'playbook.yml');
  await writeFile(inventory, `${lines.join('\n')}\n`);
  await writeFile(join(dir, 'group_vars/all.yml'), `nic_limits:\n${rules.join('')}`);
  await writeFile(playbook, '- hosts: all\n  tasks:\n    - nic_limits: { rules: "{{ nic_limits }}" }\n');
  return { inventory, playbook, hosts: SITES * RACKS * HOSTS, rules: RULES };
}
