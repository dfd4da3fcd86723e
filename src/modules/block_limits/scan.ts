import { THROTTLES, type Throttle } from '../../facts/blkiotune.ts';
import { DEVICE_PATH } from '../../libvirt/devices.ts';
import { SIDES, type Values } from '../../model/change.ts';
import type { ScanCapability } from '../module.ts';
import { formatBytes, parseAmount } from '../shared/io_amounts.ts';
import { partsBySide } from '../shared/scan_sides.ts';
import type { FoundBlock } from './rule.ts';
import { formOf, isBytes } from './settings.ts';

/** Rules that keep what VMs have of block devices. */
export const scanBlocks: ScanCapability<FoundBlock> = {
  parts: (found) => {
    const all = SIDES.flatMap((side) =>
      THROTTLES.map((name) => [name, found[side]?.[name] ?? null] as const),
    );
    if (all.every(([, value]) => value === null)) return { parts: [] };
    if (!DEVICE_PATH.test(found.path)) return { why: 'its path is none that a rule can have' };
    if (all.some(([name, value]) => value !== null && !parseAmount(value, formOf(name)).ok))
      return { why: 'it has values that libvirt shows, but a rule cannot have' };
    return {
      parts: partsBySide(
        found,
        THROTTLES.map((name) => [name]),
        write,
      ),
    };
  },
  selectors: (alike) => [{ device: alike.length === 1 ? alike[0]?.path : alike.map(({ path }) => path) }],
};

function write(values: Values) {
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [
      name,
      isBytes(name as Throttle) ? `${formatBytes(Number(value))}/s` : value,
    ]),
  );
}
