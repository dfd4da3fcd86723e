import { formatSize } from '../../base/units.ts';
import { differs, SIDES, type Side, type Values } from '../../model/change.ts';
import type { Claim, Objection } from '../module.ts';
import type { FoundMemory, Limit, MemoryLimitsArgs } from './rule.ts';

/** In KiB: what QEMU itself may need beside the memory of the guest, at least. */
const OVERHEAD = 512 * 1024;
/** In KiB: below this the kernel slows QEMU down so much that a start may hang. */
const LEAST_SOFT = 128 * 1024;

/** The hard limit that leaves QEMU room, for a VM of so many KiB. */
export function hardFloor(memory: number): number {
  return memory + Math.max(OVERHEAD, Math.floor(memory / 4));
}

function softFloor(memory: number): number {
  return Math.max(LEAST_SOFT, Math.floor(memory / 4));
}

/**
 * The subjects whose limits would be below what is safe, and which no rule forces. libvirt takes any hard limit, and
 * the kernel ends the VM at once, and again at each start (tried on libvirt 9.0.0, cgroup v2).
 */
export function belowFloors(
  { rules }: MemoryLimitsArgs,
  claims: ReadonlyMap<FoundMemory, readonly Claim[]>,
): ReadonlyMap<FoundMemory, Objection> {
  const problems = new Map<FoundMemory, Objection>();
  for (const [found, list] of claims)
    for (const side of SIDES) {
      const problem = problemOf(
        found,
        list,
        side,
        (rule, name) => rules[rule]?.force.includes(name) ?? false,
      );
      if (problem !== null && !problems.has(found)) problems.set(found, problem);
    }
  return problems;
}

function problemOf(
  found: FoundMemory,
  claims: readonly Claim[],
  side: Side,
  forced: (rule: number, name: Limit) => boolean,
): Objection | null {
  const memory = found.memory[side];
  const last = (name: Limit): { readonly value: number; readonly forced: boolean } | null => {
    const claim = claims.findLast(({ desired }) => desired[side][name] !== undefined);
    const value = claim?.desired[side][name];
    if (typeof value !== 'number' || !differs(found[side], { [name]: value } satisfies Values)) return null;
    return { value, forced: typeof claim?.rule === 'number' && forced(claim.rule, name) };
  };
  const [hard, soft] = [last('hard_limit'), last('soft_limit')];
  const size = formatSize(memory);
  if (hard !== null && hard.value < memory)
    return refused(
      `a hard limit of ${formatSize(hard.value)} is below the VM's memory of ${size}: the kernel would end it`,
    );
  if (hard !== null && hard.value < hardFloor(memory) && !hard.forced)
    return refused(
      `a hard limit of ${formatSize(hard.value)} leaves QEMU too little beside the VM's memory of ${size}, and the kernel would end it: write at least ${formatSize(hardFloor(memory))}, or "force: hard_limit" if you know better`,
    );
  if (soft !== null && soft.value < softFloor(memory) && !soft.forced)
    return refused(
      `a soft limit of ${formatSize(soft.value)} is so low that a VM of ${size} may hang, or never start: write at least ${formatSize(softFloor(memory))}, or "force: soft_limit" if you know better`,
    );
  return null;
}

export function refused(why: string): Objection {
  return { status: 'refused', reason: `${why}; nothing was written` };
}
