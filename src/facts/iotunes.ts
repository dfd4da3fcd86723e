import type { Domain, HostFacts } from '../model/facts.ts';
import { type KernelFact, kernelFactOf } from './fact.ts';

/** What QEMU holds disks of running VMs to, by VM and disk: its numbers by libvirt's names; null where it did not tell. */
export type Iotunes = ReadonlyMap<string, Readonly<Record<string, number>> | null>;

/**
 * `virsh blkdeviotune UUID DISK --live`, which libvirt answers with what QEMU says (query-block) and not with what it
 * describes itself; seen on libvirt 9.0.0, where it needs no connection that can write.
 */
export const iotunesFact: KernelFact<Iotunes> = {
  of: 'kernel',
  name: 'iotunes',
  words: ['disks'],
  parse: parseIotunes,
};

/** What QEMU has of a disk; null where that is not known, undefined where nobody asked. */
export function iotuneOf(
  facts: HostFacts,
  { uuid }: Domain,
  target: string,
): Readonly<Record<string, number>> | null | undefined {
  const all = kernelFactOf(facts, iotunesFact);
  return all === null ? undefined : (all.get(`${uuid}:${target}`) ?? null);
}

/** @param said for each disk a line `@UUID:DISK`, and what virsh has printed */
export function parseIotunes(said: string | null): Iotunes {
  const found = new Map<string, Readonly<Record<string, number>> | null>();
  for (const [, disk = '', text = ''] of (said ?? '').matchAll(/^@(\S+)\n([^@]*)/gm)) {
    const numbers = [...text.matchAll(/^([a-z_]+)\s*: (\d+)$/gm)].map(([, name = '', value]) => [
      name,
      Number(value),
    ]);
    found.set(disk, numbers.length === 0 ? null : Object.fromEntries(numbers));
  }
  return found;
}
