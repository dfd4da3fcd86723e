import type { Affects } from './affects.ts';
import { resolveFlags } from './affects.ts';
import { rewritten } from './cgroup_text.ts';
import { controllerError, sessionError, sharesError } from './cgroups.ts';
import type { SimDomain, SimHost } from './model.ts';
import type { CpuField, CpuTune } from './tuning.ts';

/** What the kernel is told for no quota, as libvirt 9.0.0 prints it on cgroup v2. */
export const MAX_QUOTA = 17_592_186_044_415;
const RANGES = { quota: [1000, MAX_QUOTA], period: [1000, 1_000_000] } as const;

/**
 * `qemuDomainSetSchedulerParametersFlags`, the job lock apart. Parameters are set one after the other: live ones that
 * were set before one that fails stay, the config is stored only when all is well. Live, 0 is ignored; in the config
 * it removes.
 * @param changes in the order in which they were given
 * @returns libvirt's message, null when it worked
 */
export function setCpu(
  host: SimHost,
  domain: SimDomain,
  changes: readonly (readonly [CpuField, number])[],
  flags: Affects,
): string | null {
  const affects = resolveFlags(domain, flags);
  if ('error' in affects) return affects.error;
  const refused = sessionError(host, 'cpu') ?? (affects.live ? controllerError(host, 'cpu') : null);
  if (refused !== null) return refused;
  let config = domain.configTuning?.cpu ?? {};
  for (const [field, value] of changes) {
    const error = rangeError(field, value);
    if (error !== null) return error;
    if (affects.live && domain.liveTuning !== null && (value !== 0 || field === 'cpu_shares')) {
      const failed =
        (field === 'cpu_shares' ? sharesError(value) : null) ??
        (host.knobs.failLive.includes('schedinfo') ? writeError(domain, field) : null);
      if (failed !== null) return failed;
      rewritten(domain, 'cpu');
      domain.liveTuning = { ...domain.liveTuning, cpu: { ...domain.liveTuning.cpu, [field]: value } };
    }
    config = stored(config, field, value);
  }
  if (affects.config && domain.configTuning !== null)
    domain.configTuning = { ...domain.configTuning, cpu: config };
  return null;
}

/** Shares of 0 are stored, and no start takes them. */
function stored(cpu: CpuTune, field: CpuField, value: number): CpuTune {
  if (value !== 0 || field === 'cpu_shares') return { ...cpu, [field]: value };
  const { [field]: _, ...rest } = cpu;
  return rest;
}

function rangeError(field: CpuField, value: number): string | null {
  if (field === 'cpu_shares') return null;
  const [least, most] = RANGES[field.endsWith('quota') ? 'quota' : 'period'];
  return (value > 0 && value < least) || value > most
    ? `invalid argument: value of '${field}' is out of range [${least}, ${most}]`
    : null;
}

function writeError({ name }: SimDomain, field: CpuField): string {
  const file = field === 'cpu_shares' ? 'cpu.weight' : 'libvirt/vcpu0/cpu.max';
  return `Unable to write to '/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2d${name}.scope/${file}': Invalid argument`;
}
