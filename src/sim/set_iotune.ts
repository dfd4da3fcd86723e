import type { Affects } from './affects.ts';
import { resolveFlags } from './affects.ts';
import type { SimDomain, SimHost } from './model.ts';
import { checkMax, qemuError } from './throttle.ts';
import type { Iotune, IotuneField, SimDisk, SimTuning } from './tuning.ts';
import { hasIotune, IOTUNE_LIMITS, NO_IOTUNE } from './tuning.ts';

/** What a `blkdeviotune` call sends. */
export type IotuneChange = Readonly<Partial<Record<IotuneField, number>>> & { readonly group_name?: string };

const KINDS = ['bytes', 'iops'] as const;
const PLACES = ['total', 'read', 'write'] as const;

/**
 * `qemuDomainSetBlockIoTune`, the job lock apart: live goes first, and the config is left alone when live fails. What
 * the live state refuses the config may take, and then the next start fails.
 * @returns libvirt's message, null when it worked
 */
export function setIotune(
  host: SimHost,
  domain: SimDomain,
  device: string,
  change: IotuneChange,
  flags: Affects,
): string | null {
  const affects = resolveFlags(domain, flags);
  if ('error' in affects) return affects.error;
  const refused = checkChange(change);
  if (refused !== null) return refused;
  if (affects.live && domain.liveTuning !== null) {
    const set = setOne(domain.liveTuning, device, change, true);
    if ('error' in set) return set.error;
    if (host.knobs.failLive.includes('blkdeviotune'))
      return "internal error: unable to execute QEMU command 'block_set_io_throttle': Device not found";
    domain.liveTuning = set.tuning;
  }
  if (affects.config && domain.configTuning !== null) {
    const set = setOne(domain.configTuning, device, change, false);
    if ('error' in set) return set.error;
    domain.configTuning = set.tuning;
  }
  return null;
}

/** Of the call alone, whatever the disk has. */
function checkChange(change: IotuneChange): string | null {
  for (const value of Object.values(change))
    if (typeof value === 'number' && value > 1_000_000_000_000_000)
      return 'argument unsupported: block I/O throttle limit value must be no more than 1000000000000000';
  for (const end of ['', '_max'] as const)
    for (const kind of KINDS) {
      const [total, read, write] = PLACES.map((place) => change[`${place}_${kind}_sec${end}`] ?? 0);
      if (total && (read || write))
        return `invalid argument: total and read/write of ${kind}_sec${end} cannot be set at the same time`;
    }
  return null;
}

type Set = { readonly tuning: SimTuning } | { readonly error: string };

function setOne(tuning: SimTuning, device: string, change: IotuneChange, live: boolean): Set {
  const disk = findDisk(tuning.disks, device);
  if (disk === undefined)
    return {
      error: live
        ? `invalid argument: disk '${device}' not found in domain`
        : `invalid argument: missing persistent configuration for disk '${device}'`,
    };
  if (disk.type === 'vhostuser')
    return { error: 'Operation not supported: a block I/O throttling is not supported for vhostuser disk' };
  const group = change.group_name ?? '';
  // A disk that comes into a group takes what that group has.
  const base =
    group === '' || disk.iotune?.group_name === group
      ? disk.iotune
      : (tuning.disks.find((d) => d.iotune?.group_name === group)?.iotune ?? disk.iotune);
  const iotune = mergeIotune(base ?? NO_IOTUNE, change);
  const error = live ? (checkMax(iotune) ?? qemuError(iotune)) : null;
  if (error !== null) return { error };
  // A disk of which nothing is left leaves its group; the other members keep what they have.
  if (!hasIotune(iotune)) {
    if (group !== '') return { error: ALL_ZERO };
    return { tuning: replaceDisks(tuning, (other) => other === disk, null) };
  }
  const name = iotune.group_name;
  const inGroup = (other: SimDisk) => name !== '' && other.iotune?.group_name === name;
  return { tuning: replaceDisks(tuning, (other) => other === disk || inGroup(other), iotune) };
}

const ALL_ZERO =
  'unsupported configuration: creating a new group/updating existing with all tune parameters zero is not supported';

function replaceDisks(
  tuning: SimTuning,
  which: (disk: SimDisk) => boolean,
  iotune: Iotune | null,
): SimTuning {
  return { ...tuning, disks: tuning.disks.map((disk) => (which(disk) ? { ...disk, iotune } : disk)) };
}

/** By target, or by the exact source. */
export function findDisk(disks: readonly SimDisk[], device: string): SimDisk | undefined {
  return disks.find((disk) => disk.target === device || (device.startsWith('/') && disk.source === device));
}

/** `qemuDomainSetBlockIoTuneDefaults`: naming one of a family resets its siblings; a family that is not named stays. */
function mergeIotune(old: Iotune, change: IotuneChange): Iotune {
  const fresh: Record<string, number | string> = { ...old, ...pick(change, ['size_iops_sec', 'group_name']) };
  for (const kind of KINDS) {
    for (const end of ['', '_max', '_max_length'] as const) {
      const family = PLACES.map((place) => `${place}_${kind}_sec${end}` as const);
      if (!family.some((field) => change[field] !== undefined)) continue;
      for (const field of family) fresh[field] = change[field] ?? 0;
    }
  }
  for (const limit of IOTUNE_LIMITS) {
    const length = `${limit}_max_length` as const;
    // A length that is cleared becomes QEMU's default where anything else of its kind is set.
    if (old[length] > 0 && fresh[length] === 0)
      fresh[length] = Number(fresh[limit]) > 0 || Number(fresh[`${limit}_max`]) > 0 ? 1 : 0;
  }
  return fresh as unknown as Iotune;
}

function pick(
  change: IotuneChange,
  fields: readonly (keyof Iotune)[],
): Partial<Record<string, number | string>> {
  return Object.fromEntries(fields.flatMap((f) => (change[f] === undefined ? [] : [[f, change[f]]])));
}
