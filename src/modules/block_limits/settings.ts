import { THROTTLES, type Throttle } from '../../facts/blkiotune.ts';
import type { SettingInfo } from '../module.ts';
import type { FormName } from '../shared/io_amounts.ts';

/** Each throttle is set by itself: libvirt keeps those that a command does not name. */
export const BLOCK_SETTINGS: readonly SettingInfo[] = THROTTLES.map((name) => ({
  name,
  unit: isBytes(name) ? 'B/s' : '',
}));

export function isBytes(name: Throttle): boolean {
  return name.endsWith('_bytes_sec');
}

export function formOf(name: Throttle): FormName {
  return isBytes(name) ? 'bytes' : 'ops32';
}
