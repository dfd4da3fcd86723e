import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Writes a playbook that gives every NIC of these guests one rate. @returns its file */
export async function writePlaybook(dir: string, name: string, rate: string, domain = '*'): Promise<string> {
  return writeTasks(dir, name, [{ nic_limits: { rules: [{ name: 'all', domain, rate }] } }]);
}

/** The same, and for disks, CPU and memory that nothing limits them: the work of every module. @returns its file */
export async function writeAllModules(dir: string, name: string, rate: string): Promise<string> {
  const rule = { name: 'all', domain: '*' };
  const unlimited = 'unlimited';
  return writeTasks(dir, name, [
    { nic_limits: { rules: [{ ...rule, rate }] } },
    { disk_limits: { rules: [{ ...rule, read_bytes_sec: unlimited, write_bytes_sec: unlimited }] } },
    { cpu_limits: { rules: [{ ...rule, cpu_quota: unlimited }] } },
    { memory_limits: { rules: [{ ...rule, hard_limit: unlimited }] } },
  ]);
}

async function writeTasks(dir: string, name: string, tasks: readonly object[]): Promise<string> {
  const file = join(dir, `${name}.yml`);
  await writeFile(file, JSON.stringify([{ name: 'bench', hosts: 'compute', tasks }], null, 2));
  return file;
}
