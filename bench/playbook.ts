import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a playbook that gives every NIC of these guests one rate. @returns its file */
export async function writePlaybook(dir: string, name: string, rate: string, domain = '*'): Promise<string> {
  const file = join(dir, `${name}.yml`);
  const play = {
    name: 'bench',
    hosts: 'compute',
    tasks: [{ nic_limits: { rules: [{ name: 'all', domain, rate }] } }],
  };
  await writeFile(file, JSON.stringify([play], null, 2));
  return file;
}
