import type { Affects } from './affects.ts';
import { resolveFlags } from './affects.ts';
import { rewritten } from './cgroup_text.ts';
import { controllerError, isStarved, sessionError } from './cgroups.ts';
import { stopDomain } from './lifecycle.ts';
import type { SimDomain, SimHost } from './model.ts';
import type { MemoryField, MemoryTune } from './tuning.ts';

/** In KiB; null is unlimited. */
export type MemoryChange = Readonly<Partial<Record<MemoryField, number | null>>>;

/**
 * `qemuDomainSetMemoryParameters`, the job lock apart. The hard limit is compared with the sum of memory and swap of
 * the state in force, even where only the config is to change. The soft limit is set first, and stays where the hard
 * one fails.
 * @returns libvirt's message, null when it worked: also where the kernel has then ended the VM
 */
export function setMemory(
  host: SimHost,
  domain: SimDomain,
  change: MemoryChange,
  flags: Affects,
): string | null {
  const session = sessionError(host, 'memory');
  if (session !== null) return session;
  const affects = resolveFlags(domain, flags);
  if ('error' in affects) return affects.error;
  const missing = affects.live ? controllerError(host, 'memory') : null;
  if (missing !== null) return missing;
  const inForce = merge((domain.liveTuning ?? domain.configTuning)?.memory ?? {}, change);
  const limited = change.hard_limit !== undefined || change.swap_hard_limit !== undefined;
  if (limited && (inForce.hard_limit ?? Infinity) > (inForce.swap_hard_limit ?? Infinity))
    return 'invalid argument: memory hard_limit tunable value must be lower than or equal to swap_hard_limit';
  if (affects.live && domain.liveTuning !== null) {
    const { soft_limit: soft } = change;
    const fails = limited && host.knobs.failLive.includes('memtune');
    const applied = fails ? (soft === undefined ? {} : { soft_limit: soft }) : change;
    rewritten(domain, 'memory');
    domain.liveTuning = { ...domain.liveTuning, memory: merge(domain.liveTuning.memory, applied) };
    if (fails)
      return `Unable to write to '/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2d${domain.name}.scope/libvirt/memory.max': Device or resource busy`;
  }
  if (affects.config && domain.configTuning !== null)
    domain.configTuning = { ...domain.configTuning, memory: merge(domain.configTuning.memory, change) };
  if (affects.live && isStarved(domain.liveTuning?.memory.hard_limit, domain.memoryKiB))
    stopDomain(host, domain);
  return null;
}

function merge(old: MemoryTune, change: MemoryChange): MemoryTune {
  return Object.fromEntries(Object.entries({ ...old, ...change }).filter(([, value]) => value !== null));
}
