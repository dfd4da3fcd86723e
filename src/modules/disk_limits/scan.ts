import { SIDES, type Values } from '../../model/change.ts';
import type { ScanCapability, ScanPart } from '../module.ts';
import { partsBySide } from '../shared/scan_sides.ts';
import { parseAmount } from './amounts.ts';
import type { FoundDisk } from './rule.ts';
import { KINDS, type Kind, numberOf, settingsOf, WAYS } from './settings.ts';

/** Rules that keep what disks have. */
export const scanDisks: ScanCapability<FoundDisk> = {
  parts: (found) => {
    const all = SIDES.flatMap((side) => Object.entries(found[side] ?? {}));
    if (all.every(([, value]) => value === null)) return { parts: [] };
    if (found.group !== '') return { why: `it shares its limits with the group "${found.group}"` };
    if (all.some(([name, value]) => name.endsWith('_max') && value !== null))
      return { why: 'it has bursts, for which the rule must be written by hand' };
    const sizeAlone = SIDES.some((side) => isIdle(found[side] ?? {}));
    if (sizeAlone || all.some(([name, value]) => value !== null && !isWritable(name, value)))
      return { why: 'it has values that libvirt shows, but a rule cannot have' };
    return { parts: partsBySide(found, KINDS.map(namesOf), write) };
  },
  selectors: (alike) => [{ disk: alike.map(({ target }) => target) }],
};

function namesOf(kind: Kind): readonly string[] {
  return settingsOf(kind).map(({ name }) => name);
}

function isIdle(values: Values): boolean {
  const limited = WAYS.some((way) => numberOf(values, `${way}_iops_sec`) !== null);
  return !limited && numberOf(values, 'size_iops_sec') !== null;
}

function isWritable(name: string, value: unknown): boolean {
  if (name === 'size_iops_sec') return parseAmount(value, 'size').ok;
  return parseAmount(value, name.includes('bytes') ? 'bytes' : 'iops').ok;
}

function write(values: Values): ScanPart {
  const kind = 'total_bytes_sec' in values ? 'bytes' : 'iops';
  const total = numberOf(values, `total_${kind}_sec`);
  const size = numberOf(values, 'size_iops_sec');
  const ways = total === null ? (['read', 'write'] as const) : (['total'] as const);
  return {
    ...Object.fromEntries(
      ways.map((way) => [`${way}_${kind}_sec`, numberOf(values, `${way}_${kind}_sec`) ?? 'unlimited']),
    ),
    ...(size === null ? {} : { iops_size: size }),
  };
}
