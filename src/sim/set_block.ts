import type { Affects } from './affects.ts';
import { resolveFlags } from './affects.ts';
import { rewritten } from './cgroup_text.ts';
import { controllerError, deviceError, sessionError, weightError } from './cgroups.ts';
import type { SimDomain, SimHost } from './model.ts';
import type { BlockDevice, BlockField, BlockTune } from './tuning.ts';

/** What a `blkiotune` call sends: texts of paths and numbers by turns. */
export interface BlockChange {
  readonly weight: number | undefined;
  readonly devices: readonly (readonly [BlockField, string])[];
}

/**
 * `qemuDomainSetBlkioParameters`, the job lock apart. Each parameter is for itself: one that fails does not undo those
 * before it, nor keep those after it. The config takes any path, and the next start may not.
 * @returns libvirt's message, null when it worked
 */
export function setBlock(
  host: SimHost,
  domain: SimDomain,
  change: BlockChange,
  flags: Affects,
): string | null {
  const session = sessionError(host, 'blkio');
  if (session !== null) return session;
  const affects = resolveFlags(domain, flags);
  if ('error' in affects) return affects.error;
  if (affects.live && domain.liveTuning !== null) {
    const missing = controllerError(host, 'blkio');
    if (missing !== null) return missing;
    const failing = host.knobs.failLive.includes('blkiotune');
    const set = apply(domain.liveTuning.block, change, (path) =>
      failing
        ? `Unable to write to '/sys/fs/cgroup/machine.slice/machine-qemu\\x2d1\\x2d${domain.name}.scope/libvirt/io.max': No such device`
        : deviceError(host, path),
    );
    const weight = change.weight === undefined ? null : weightError(change.weight);
    rewritten(domain, 'io');
    domain.liveTuning = { ...domain.liveTuning, block: set.block };
    if ((weight ?? set.error) !== null) return weight ?? set.error;
  }
  if (affects.config && domain.configTuning !== null) {
    const set = apply(domain.configTuning.block, change, () => null);
    domain.configTuning = { ...domain.configTuning, block: set.block };
    return set.error;
  }
  return null;
}

function apply(
  old: BlockTune,
  change: BlockChange,
  check: (path: string) => string | null,
): { readonly block: BlockTune; readonly error: string | null } {
  let error: string | null = null;
  let devices = old.devices;
  for (const [field, text] of change.devices) {
    const parsed = parseDevices(field, text);
    const refused =
      'error' in parsed
        ? parsed.error
        : (parsed.map(([path]) => check(path)).find((e) => e !== null) ?? null);
    if (refused !== null) error = refused;
    else if (!('error' in parsed))
      for (const [path, number] of parsed) devices = merge(devices, path, field, number);
  }
  return { block: { weight: change.weight ?? old.weight, devices }, error };
}

/** A device of which nothing is left is dropped. */
function merge(
  devices: readonly BlockDevice[],
  path: string,
  field: BlockField,
  number: number,
): readonly BlockDevice[] {
  const none = { path, read_iops_sec: 0, write_iops_sec: 0, read_bytes_sec: 0, write_bytes_sec: 0 };
  const known = devices.some((device) => device.path === path);
  return (known ? devices : [...devices, none])
    .map((device) => (device.path === path ? { ...device, [field]: number } : device))
    .filter((d) => d.read_iops_sec + d.write_iops_sec + d.read_bytes_sec + d.write_bytes_sec > 0);
}

/** `virDomainDriverParseBlkioDeviceStr`. */
function parseDevices(
  field: BlockField,
  text: string,
): readonly (readonly [string, number])[] | { readonly error: string } {
  const parts = text.split(',');
  const malformed = { error: `invalid argument: unable to parse blkio device 'device_${field}' '${text}'` };
  if (parts.length % 2 === 1) return malformed;
  const most = field.endsWith('iops_sec') ? 2n ** 32n - 1n : 2n ** 64n - 1n;
  const devices: (readonly [string, number])[] = [];
  for (let at = 0; at < parts.length; at += 2) {
    const [path = '', number = ''] = [parts[at], parts[at + 1]];
    if (/^[ \t]*\+?[0-9]+[^0-9]/.test(number)) return malformed;
    if (!/^[ \t]*\+?[0-9]+$/.test(number) || BigInt(number.trim().replace('+', '')) > most)
      return {
        error: `invalid argument: invalid value '${number}' for parameter 'device_${field}' of device '${path}'`,
      };
    devices.push([path, Number(number)]);
  }
  return devices;
}
