import type { HostFacts } from '../model/facts.ts';
import type { PartRead, Total } from '../model/result.ts';
import type { Found } from '../modules/module.ts';

/** How many subjects of a kind were found, and in which VMs where these are not all that the host has. */
export function totalOf({ domains, unreadable, notRead }: HostFacts, found: readonly Found[]): Total {
  if (notRead === undefined) return found.length;
  const read = new Map(domains.map(({ uuid }) => [uuid, 0]));
  for (const { domain } of found) read.set(domain.uuid, (read.get(domain.uuid) ?? 0) + 1);
  return { vms: domains.length + unreadable.length + notRead, read: Object.fromEntries(read) };
}

/** Of two reads of one hypervisor: the whole one, or what both have read. */
export function mergeTotals(
  first: Readonly<Record<string, Total>>,
  second: Readonly<Record<string, Total>>,
): Readonly<Record<string, Total>> {
  const kinds = new Set([...Object.keys(first), ...Object.keys(second)]);
  return Object.fromEntries([...kinds].map((kind) => [kind, mergeTotal(first[kind], second[kind])]));
}

function mergeTotal(first: Total | undefined, second: Total | undefined): Total {
  if (first === undefined || second === undefined) return first ?? second ?? 0;
  if (typeof first === 'number') return typeof second === 'number' ? Math.max(first, second) : first;
  if (typeof second === 'number') return second;
  return { vms: Math.max(first.vms, second.vms), read: { ...first.read, ...second.read } };
}

/** Subjects that were found. */
export function subjectsIn(total: Total): number {
  return typeof total === 'number' ? total : sum(Object.values(total.read));
}

/** VMs that nobody has read. */
export function vmsNotRead(total: Total): number {
  return typeof total === 'number' ? 0 : Math.max(0, total.vms - readIn(total));
}

const readIn = ({ read }: PartRead): number => Object.keys(read).length;
const sum = (numbers: readonly number[]): number => numbers.reduce((a, b) => a + b, 0);
