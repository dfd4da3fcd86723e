import type { Serial } from '../model/playbook.ts';

/**
 * Cuts hosts into batches as Ansible's `serial` does: each entry is a number of hosts or a share of all of them
 * ("25%", rounded down but at least one), and the last entry repeats until no host is left.
 */
export function toBatches<T>(hosts: readonly T[], serial: Serial | undefined): T[][] {
  if (serial === undefined || serial.length === 0) return hosts.length === 0 ? [] : [[...hosts]];
  const batches: T[][] = [];
  for (let start = 0; start < hosts.length; ) {
    const entry = serial[Math.min(batches.length, serial.length - 1)] as number | string;
    const size = Math.max(1, batchSize(entry, hosts.length));
    batches.push(hosts.slice(start, start + size));
    start += size;
  }
  return batches;
}

function batchSize(entry: number | string, total: number): number {
  return typeof entry === 'number' ? entry : Math.floor((Number.parseFloat(entry) / 100) * total);
}
