import { THROTTLES } from '../../facts/blkiotune.ts';
import { DEVICE_PATH } from '../../libvirt/devices.ts';
import type { CustomKeyword } from '../../schema/schema.ts';
import { namesNoVm } from '../selectors/schema.ts';
import { type FormName, parseAmount } from '../shared/io_amounts.ts';

/** What JSON Schema cannot express of the arguments (schema.ts). */

type Verdict = ReturnType<CustomKeyword['check']>;

export const blockLimitsKeywords: readonly CustomKeyword[] = [
  { keyword: 'virtuneBlockBytes', check: (value) => amountVerdict(value, 'bytes') },
  { keyword: 'virtuneBlockOperations', check: (value) => amountVerdict(value, 'ops32') },
  { keyword: 'virtuneBlockDevice', check: deviceVerdict },
  { keyword: 'virtuneBlockRule', check: ruleVerdict },
];

function amountVerdict(value: unknown, form: FormName): Verdict {
  const parsed = parseAmount(value, form);
  return parsed.ok ? null : parsed;
}

/** Longer paths are no device's, and they are arguments of a program on the host. */
const LONGEST = 200;

function deviceVerdict(value: unknown): Verdict {
  if (typeof value !== 'string') return null;
  if (value === '') return { message: 'the path of the device is empty', hint: EXAMPLES };
  if (!value.startsWith('/dev/') && /^[a-z0-9]+$/.test(value))
    return {
      message: `"${value}" is no path of a block device of the host`,
      hint: `${EXAMPLES}; the disks of a VM by their names (vda) are limited by disk_limits`,
    };
  return DEVICE_PATH.test(value) && value.length <= LONGEST
    ? null
    : { message: `"${value}" is no path below /dev that virtune can send to a host`, hint: EXAMPLES };
}

const EXAMPLES = 'write e.g. /dev/sda or /dev/disk/by-id/wwn-0x5000c500a1b2c3d4';

function ruleVerdict(value: unknown): Verdict {
  if (typeof value !== 'object' || value === null) return null;
  const nameless = namesNoVm(value);
  if (nameless !== null) return nameless;
  return THROTTLES.some((name) => Object.hasOwn(value, name))
    ? null
    : { message: 'the rule sets no limit', hint: `give e.g. ${THROTTLES.join(' or ')}` };
}
