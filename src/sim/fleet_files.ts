import { mkdir, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { SimFleet } from './sshd.ts';

/** Where the files of a fleet are. */
export interface FleetFiles {
  readonly inventory: string;
  readonly knownHosts: string;
  readonly privateKey: string;
}

/**
 * Writes what a client needs to reach a simulated fleet: an inventory in Ansible's format, known_hosts and the key.
 * @param extraVars more lines for the group's `vars`, already YAML, without indentation
 */
export async function writeFleetFiles(
  fleet: SimFleet,
  directory: string,
  extraVars: readonly string[] = [],
): Promise<FleetFiles> {
  const dir = resolve(directory);
  await mkdir(dir, { recursive: true });
  const files = {
    inventory: join(dir, 'inventory.yml'),
    knownHosts: join(dir, 'known_hosts'),
    privateKey: join(dir, 'id_ed25519'),
  };
  await writeFile(files.privateKey, fleet.privateKey, { mode: 0o600 });
  await writeFile(files.knownHosts, fleet.hosts.flatMap((h) => h.knownHosts.map((l) => `${l}\n`)).join(''));
  await writeFile(files.inventory, renderInventory(fleet, files, extraVars));
  return files;
}

/** An inventory with one group, `compute`. */
export function renderInventory(
  fleet: SimFleet,
  files: Pick<FleetFiles, 'knownHosts' | 'privateKey'>,
  extraVars: readonly string[] = [],
): string {
  const hosts = fleet.hosts.map(
    ({ name, address, port }) =>
      `        ${name}:\n          ansible_host: ${address}\n          ansible_port: ${port}\n`,
  );
  const vars = [
    'ansible_user: root',
    `ansible_ssh_private_key_file: ${JSON.stringify(files.privateKey)}`,
    `virtune_known_hosts_file: ${JSON.stringify(files.knownHosts)}`,
    ...extraVars,
  ];
  return `all:
  children:
    compute:
      hosts:
${hosts.join('')}      vars:
${vars.map((line) => `        ${line}\n`).join('')}`;
}
