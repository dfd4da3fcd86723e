import { acquireJob, queryFlags } from './affects.ts';
import type { Call, CommandDef } from './command.ts';
import { exclusive, findDomain, flag, numberText, refusal, required, value } from './command.ts';
import type { SimDomain } from './model.ts';
import { parseCount, parseScaled } from './scaled.ts';
import type { IotuneChange } from './set_iotune.ts';
import { findDisk, setIotune } from './set_iotune.ts';
import type { Iotune, IotuneField } from './tuning.ts';
import { hasIotune, IOTUNE_LIMITS, NO_IOTUNE } from './tuning.ts';
import { diskAlias } from './xml_disk.ts';

const MAXES = IOTUNE_LIMITS.map((limit) => `${limit}_max` as const);
const LENGTHS = IOTUNE_LIMITS.map((limit) => `${limit}_max_length` as const);
const NUMBERS: readonly IotuneField[] = [...IOTUNE_LIMITS, ...MAXES, 'size_iops_sec', ...LENGTHS];

const optionName = (field: string) => field.replaceAll('_', '-');

/** `virsh blkdeviotune`: cmdBlkdeviotune of virsh 9.0.0. */
export const BLKDEVIOTUNE: CommandDef = {
  name: 'blkdeviotune',
  options: [
    { name: 'domain', kind: 'text', required: true },
    { name: 'device', kind: 'text', required: true },
    ...NUMBERS.map((field) => ({
      name: optionName(field),
      alias: field,
      kind: 'number' as const,
    })),
    { name: 'group-name', alias: 'group_name', kind: 'text' },
    { name: 'config', kind: 'flag' },
    { name: 'live', kind: 'flag' },
    { name: 'current', kind: 'flag' },
  ],
  run: blkdeviotune,
};

async function blkdeviotune(call: Call): Promise<boolean> {
  if (exclusive(call, 'current', 'live') || exclusive(call, 'current', 'config')) return false;
  const domain = findDomain(call);
  if (domain === null) return false;
  const device = required(call, 'device');
  if (device === null) return false;
  const change = parseChange(call);
  if (change === null) return false;
  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  if (Object.keys(change).length === 0) return query(call, domain, device);
  const error =
    refusal(call, 'virDomainSetBlockIoTune') ??
    (await acquireJob(call, domain)) ??
    setIotune(call.host, domain, device, change, flags);
  if (error === null) return true;
  call.error('Unable to change block I/O throttle', error);
  return false;
}

function parseChange(call: Call): IotuneChange | null {
  const change: Record<string, number | string> = {};
  for (const field of NUMBERS) {
    const name = optionName(field);
    const text = numberText(call, name);
    if (text === undefined) continue;
    const isBytes = /bytes_sec(_max)?$/.test(field);
    const parsed = isBytes ? parseScaled(text, 1n) : parseCount(text);
    if ('error' in parsed) {
      call.error(
        `${isBytes ? 'Scaled n' : 'N'}umeric value '${text}' for <${name}> option is malformed or out of range`,
        'Unable to parse integer parameter',
        ...(parsed.error === '' ? [] : [parsed.error]),
      );
      return null;
    }
    change[field] = Number(parsed.value);
  }
  const group = value(call, 'group-name');
  if (typeof group === 'object') {
    call.error('Unable to parse group-name parameter');
    return null;
  }
  if (group !== undefined) change.group_name = group;
  return change;
}

function query(call: Call, domain: SimDomain, device: string): boolean {
  const affects = queryFlags(call, domain);
  if ('error' in affects) {
    call.error('Unable to get number of block I/O throttle parameters', affects.error);
    return false;
  }
  const disks = (affects.live ? domain.liveTuning : domain.configTuning)?.disks ?? [];
  const disk = findDisk(disks, device);
  const error =
    disk === undefined
      ? `invalid argument: disk '${device}' not found in domain`
      : affects.live && disk.source === ''
        ? 'internal error: block_io_throttle inserted entry was not in expected format'
        : null;
  if (disk === undefined || error !== null) {
    call.error('Unable to get block I/O throttle parameters', error ?? '');
    return false;
  }
  const iotune = disk.iotune ?? NO_IOTUNE;
  const shown = affects.live ? asQemuSays(iotune, diskAlias(disk, disks.indexOf(disk))) : iotune;
  for (const field of [...IOTUNE_LIMITS, ...MAXES, 'size_iops_sec', 'group_name', ...LENGTHS] as const)
    call.print(`${field.padEnd(15)}: ${shown[field]}\n`);
  return true;
}

/** QEMU has a group for every limited disk, and a length for every burst and for nothing else. */
function asQemuSays(iotune: Iotune, alias: string): Iotune {
  const lengths = IOTUNE_LIMITS.map((limit) => {
    const length = `${limit}_max_length` as const;
    return [length, iotune[`${limit}_max`] === 0 ? 0 : iotune[length] || 1];
  });
  const group = hasIotune(iotune) ? iotune.group_name || `/machine/peripheral/${alias}/virtio-backend` : '';
  return { ...iotune, ...Object.fromEntries(lengths), group_name: group };
}
