import { acquireJob, queryFlags } from './affects.ts';
import { controllerError, sessionError } from './cgroups.ts';
import type { Call, CommandDef } from './command.ts';
import { exclusive, findDomain, flag, refusal, value } from './command.ts';
import type { SimDomain } from './model.ts';
import { setBlock } from './set_block.ts';
import { BLOCK_FIELDS, type BlockField, NO_BLOCK_TUNE } from './tuning.ts';

const optionName = (field: BlockField) => `device-${field.replaceAll('_', '-')}`;

/**
 * `virsh blkiotune`: cmdBlkiotune of virsh 9.0.0, except for weights of devices, which end a real libvirtd (watch facts,
 * B2): whoever sends them is told that there is no such option.
 */
export const BLKIOTUNE: CommandDef = {
  name: 'blkiotune',
  options: [
    { name: 'domain', kind: 'text', required: true },
    { name: 'weight', kind: 'number' },
    ...BLOCK_FIELDS.map((field) => ({ name: optionName(field), kind: 'text' as const })),
    { name: 'config', kind: 'flag' },
    { name: 'live', kind: 'flag' },
    { name: 'current', kind: 'flag' },
  ],
  run: blkiotune,
};

async function blkiotune(call: Call): Promise<boolean> {
  if (exclusive(call, 'current', 'live') || exclusive(call, 'current', 'config')) return false;
  const domain = findDomain(call);
  if (domain === null) return false;
  const weight = parseWeight(call);
  if (weight === null) return false;
  const devices: [BlockField, string][] = [];
  for (const field of BLOCK_FIELDS) {
    const text = value(call, optionName(field));
    if (typeof text === 'object') return false;
    if (text !== undefined) devices.push([field, text]);
  }
  if (weight === undefined && devices.length === 0) return query(call, domain);
  const flags = { live: flag(call, 'live'), config: flag(call, 'config') };
  const error =
    refusal(call, 'virDomainSetBlkioParameters') ??
    (await acquireJob(call, domain)) ??
    setBlock(call.host, domain, { weight, devices }, flags);
  if (error === null) return true;
  call.error('Unable to change blkio parameters', error);
  return false;
}

/** Null after an error was printed. */
function parseWeight(call: Call): number | undefined | null {
  const text = value(call, 'weight');
  if (text === undefined) return undefined;
  if (typeof text === 'object') return null;
  const weight = /^[ \t]*[+-]?[0-9]+$/.test(text) ? Number(text) : null;
  if (weight === null) call.error(`Numeric value '${text}' for <weight> option is malformed or out of range`);
  else if (weight <= 0) call.error(`Invalid value of ${weight} for I/O weight`);
  else return weight;
  return null;
}

function query(call: Call, domain: SimDomain): boolean {
  const affects = queryFlags(call, domain);
  const session = sessionError(call.host, 'blkio');
  if (session !== null) {
    call.error('Unable to get number of blkio parameters', session);
    return false;
  }
  if ('error' in affects) {
    // How many there are is answered for any domain; only flags are looked at before.
    const first = affects.error.startsWith('Flags ');
    call.error(`Unable to get ${first ? 'number of ' : ''}blkio parameters`, affects.error);
    return false;
  }
  const missing = affects.live ? controllerError(call.host, 'blkio') : null;
  if (missing !== null) {
    call.error('Unable to get blkio parameters', missing);
    return false;
  }
  const { weight, devices } =
    (affects.live ? domain.liveTuning : domain.configTuning)?.block ?? NO_BLOCK_TUNE;
  call.print(`weight         : ${weight || (affects.live ? 100 : 0)}\ndevice_weight  : \n`);
  for (const field of BLOCK_FIELDS) {
    const listed = devices
      .filter((device) => device[field] > 0)
      .map((device) => `${device.path},${device[field]}`);
    call.print(`${`device_${field}`.padEnd(15)}: ${listed.join(',')}\n`);
  }
  return true;
}
