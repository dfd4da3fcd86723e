import { deviceAt, OTHER_PATHS } from './devices.ts';
import type { SimHost } from './model.ts';
import type { Controller, SimTuning } from './tuning.ts';

/** cgroup v2 below libvirt 9.0.0, by systemd. */

const NOT_MOUNTED: Readonly<Record<Controller, string>> = {
  cpu: 'cgroup CPU controller is not mounted',
  memory: 'cgroup memory controller is not mounted',
  blkio: "blkio cgroup isn't mounted",
};

const TUNING: Readonly<Record<Controller, string>> = {
  cpu: 'CPU tuning',
  memory: 'Memory tuning',
  blkio: 'Block I/O tuning',
};

/** Not even a config can be tuned, nor shown, in session mode. */
export function sessionError({ knobs }: SimHost, controller: Controller): string | null {
  return knobs.session
    ? `Operation not supported: ${TUNING[controller]} is not available in session mode`
    : null;
}

/** What libvirt says of a running domain's place among cgroups, which it only has where there are any. */
export function partitionOf({ knobs }: SimHost): string {
  return knobs.session || knobs.cgroups.length === 0 ? '' : '/machine';
}

/** For what is about the live state. */
export function controllerError({ knobs }: SimHost, controller: Controller): string | null {
  return knobs.cgroups.includes(controller)
    ? null
    : `Requested operation is not valid: ${NOT_MOUNTED[controller]}`;
}

/** `virCgroupSetCpuShares`, and systemd's own range. */
export function sharesError(shares: number): string | null {
  if (shares < 2 || shares > 262_144)
    return `invalid argument: shares '${shares}' must be in range [2, 262144]`;
  return shares > 10_000
    ? 'error from service: GDBus.Error:org.freedesktop.DBus.Error.InvalidArgs: Value specified in CPUWeight is out of range'
    : null;
}

/** What is wrong with shares is told when a VM starts, and 0 only by what would set them. */
function startSharesError(shares: number): string | null {
  return shares === 1 || shares > 262_144
    ? "unsupported configuration: Value of cputune 'shares' must be in range [2, 262144]"
    : sharesError(shares);
}

const MIN_WEIGHT = 1;
const MAX_WEIGHT = 10_000;

export function weightError(weight: number): string | null {
  return weight < MIN_WEIGHT || weight > MAX_WEIGHT
    ? `invalid argument: weight '${weight}' must be in range [${MIN_WEIGHT}, ${MAX_WEIGHT}]`
    : null;
}

export function deviceError(host: SimHost, path: string): string | null {
  const device = deviceAt(host, path);
  if (device?.part)
    return `Unable to write to '/sys/fs/cgroup/machine.slice/x.scope/libvirt/io.max': No such device`;
  if (device !== undefined) return null;
  return OTHER_PATHS.has(path)
    ? `Path '${path}' must be a block device: Invalid argument`
    : `Path '${path}' is not accessible: No such file or directory`;
}

/**
 * Why a domain does not start, as far as its cgroup is concerned. Without any cgroup all but periods and quotas is left
 * out without a word; a single missing controller matters.
 * @returns libvirt's message
 */
export function cgroupStartError(host: SimHost, tuning: SimTuning, memoryKiB: number): string | null {
  const { cgroups } = host.knobs;
  const { cpu, memory, block } = tuning;
  const { cpu_shares: _, ...bandwidth } = cpu;
  const noBandwidth =
    !cgroups.includes('cpu') && Object.keys(bandwidth).length > 0
      ? 'unsupported configuration: cgroup cpu is required for scheduler tuning'
      : null;
  if (cgroups.length === 0) return noBandwidth;
  const missing = (what: string) => `unsupported configuration: ${what} is not available on this host`;
  if (block.weight > 0 || block.devices.length > 0) {
    if (!cgroups.includes('blkio')) return missing('Block I/O tuning');
    const weight = block.weight > 0 ? weightError(block.weight) : null;
    const error = weight ?? block.devices.map(({ path }) => deviceError(host, path)).find((e) => e !== null);
    if (error) return error;
  }
  if (Object.keys(memory).length > 0 && !cgroups.includes('memory')) return missing('Memory cgroup');
  if (cpu.cpu_shares !== undefined) {
    if (!cgroups.includes('cpu')) return missing('CPU tuning');
    const error = startSharesError(cpu.cpu_shares);
    if (error !== null) return error;
  }
  // The kernel ends QEMU before it has answered.
  if (noBandwidth !== null) return noBandwidth;
  return isStarved(memory.hard_limit, memoryKiB)
    ? 'internal error: process exited while connecting to monitor'
    : null;
}

/** A hard limit below what the VM uses is its end. What it uses is taken to be its memory. */
export function isStarved(hardLimit: number | undefined, memoryKiB: number): boolean {
  return hardLimit !== undefined && hardLimit < memoryKiB;
}
