import { SIDES, type Values } from '../../model/change.ts';
import type { ScanCapability, ScanPart } from '../module.ts';
import { parseAmount } from '../shared/io_amounts.ts';
import { partsBySide } from '../shared/scan_sides.ts';
import type { FoundDisk } from './rule.ts';
import { GROUP_NAME } from './schema.ts';
import { GROUP, groupOf, KINDS, type Kind, numberOf, settingsOf, WAYS } from './settings.ts';

/** Rules that keep what disks have. */
export const scanDisks: ScanCapability<FoundDisk> = {
  parts: (found) => {
    const sides = SIDES.map((side) => found[side] ?? {});
    const all = sides.flatMap((values) => Object.entries(values));
    if (all.every(([, value]) => value === null)) return { parts: [] };
    const strange = sides.map(groupOf).find((group) => group !== '' && !isGroupName(group));
    if (strange !== undefined) return { why: `its group has a name that a rule cannot have: "${strange}"` };
    if (sides.some(hasOrphans) || all.some(([name, value]) => value !== null && !isWritable(name, value)))
      return { why: 'it has values that libvirt shows, but a rule cannot have' };
    const isInGroup = sides.some((values) => groupOf(values) !== '');
    // A group and its limits are of one rule: the one is nothing without the other.
    const parts = isInGroup ? [[...KINDS.flatMap(namesOf), GROUP]] : KINDS.map(namesOf);
    return { parts: partsBySide(found, parts, write) };
  },
  selectors: (alike) => [{ disk: alike.map(({ target }) => target) }],
};

function namesOf(kind: Kind): readonly string[] {
  return settingsOf(kind).map(({ name }) => name);
}

function isGroupName(group: string): boolean {
  return new RegExp(GROUP_NAME).test(group) && group !== 'none';
}

/** A burst, or a size of operations, without the limit that it belongs to. */
function hasOrphans(values: Values): boolean {
  const isSet = (name: string) => numberOf(values, name) !== null;
  const orphan = KINDS.some((kind) =>
    WAYS.some((way) => !isSet(`${way}_${kind}_sec`) && isSet(`${way}_${kind}_sec_max`)),
  );
  return orphan || (isSet('size_iops_sec') && !WAYS.some((way) => isSet(`${way}_iops_sec`)));
}

function isWritable(name: string, value: unknown): boolean {
  if (name === GROUP) return true;
  if (name === 'size_iops_sec') return parseAmount(value, 'size').ok;
  if (name.endsWith('_length')) return parseAmount(value, 'duration').ok;
  return parseAmount(value, name.includes('bytes') ? 'bytes' : 'iops').ok;
}

function write(values: Values): ScanPart {
  const size = numberOf(values, 'size_iops_sec');
  const group = groupOf(values);
  return {
    ...Object.assign({}, ...KINDS.map((kind) => writeKind(kind, values))),
    ...(size === null ? {} : { iops_size: size }),
    ...(group === '' ? {} : { group }),
  };
}

function writeKind(kind: Kind, values: Values): ScanPart {
  const isSet = (way: string) => numberOf(values, `${way}_${kind}_sec`) !== null;
  if (!WAYS.some(isSet)) return {};
  const ways = isSet('total') ? (['total'] as const) : (['read', 'write'] as const);
  const names = ways.map((way) => `${way}_${kind}_sec`);
  const bursts = names
    .flatMap((name) => [`${name}_max`, `${name}_max_length`])
    .flatMap((name) => {
      const value = numberOf(values, name);
      return value === null ? [] : [[name, value] as const];
    });
  return {
    ...Object.fromEntries(names.map((name) => [name, numberOf(values, name) ?? 'unlimited'])),
    ...Object.fromEntries(bursts),
  };
}
