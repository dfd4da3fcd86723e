import { formatSize } from '../../base/units.ts';
import type { MemoryFile, VmCgroup } from '../../facts/cgroups.ts';
import type { MemTune } from '../../facts/memtune.ts';
import type { KernelState, Value } from '../../model/change.ts';
import { type LimitInForce, notKnown, stateInForce } from '../shared/in_force.ts';
import type { Limit } from './rule.ts';

/** Tried on libvirt 9.0.0 with cgroup v2: the limit with swap goes to memory.swap.max as it is. */
const FILES: readonly (readonly [Limit, MemoryFile])[] = [
  ['soft_limit', 'memory.high'],
  ['hard_limit', 'memory.max'],
  ['swap_hard_limit', 'memory.swap.max'],
];

/** What cgroup v2 gives a running VM of memory, beside what libvirt describes. */
export function memoryInForce(tune: MemTune, cgroup: VmCgroup | { readonly unknown: string }): KernelState {
  if ('unknown' in cgroup) return notKnown(cgroup.unknown);
  return stateInForce(
    FILES.map(([name, file]): LimitInForce => {
      const bytes = cgroup.memory[file];
      return {
        what: name.replaceAll('_', ' '),
        described: { [name]: tune[name] },
        found: bytes === undefined ? undefined : { [name]: bytes && Math.ceil(bytes / 1024) },
        say: (values) => formatSize(Number(values[name])),
        same: (_, described, found) => described === found || isRounded(described, found),
      };
    }),
  );
}

/** The kernel counts in pages, of up to 64 KiB, and cuts off what is no whole one. */
function isRounded(described: Value, found: Value): boolean {
  if (typeof described !== 'number' || typeof found !== 'number') return false;
  return found <= described && described - found < 64;
}
