import { formatSize } from '../../base/units.ts';
import { SIDES, type Values } from '../../model/change.ts';
import type { ScanCapability, ScanPart } from '../module.ts';
import { partsBySide } from '../shared/scan_sides.ts';
import type { FoundMemory } from './rule.ts';
import { LIMITS } from './rule.ts';

/** Rules that keep the limits that VMs have of memory. */
export const scanMemories: ScanCapability<FoundMemory> = {
  parts: (found) => {
    const values = SIDES.flatMap((side) => Object.values(found[side] ?? {}));
    if (values.some((value) => value === 0)) return { why: 'it has a limit of 0, with which no VM runs' };
    if (SIDES.some((side) => neverSoft(found[side] ?? {})))
      return { why: 'its soft limit is above its hard limit, so a rule cannot have both' };
    return {
      parts: partsBySide(
        found,
        LIMITS.map((name) => [name]),
        write,
      ),
    };
  },
  selectors: () => [{}],
};

/** libvirt takes it, and the soft limit has no effect. */
function neverSoft({ soft_limit: soft, hard_limit: hard }: Values): boolean {
  return typeof soft === 'number' && typeof hard === 'number' && soft > hard;
}

function write(values: Values): ScanPart {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, formatSize(Number(value))]));
}
