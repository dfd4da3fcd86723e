import type { Values } from '../../model/change.ts';
import type { SettingInfo } from '../module.ts';

export const KINDS = ['bytes', 'iops'] as const;
export type Kind = (typeof KINDS)[number];
export const WAYS = ['total', 'read', 'write'] as const;

const UNITS = { bytes: 'B/s', iops: '' } as const;

/** libvirt's names, which are also Nova's. What is set of one kind is set as a whole. */
export function settingsOf(kind: Kind): readonly SettingInfo[] {
  return [
    ...WAYS.flatMap((way) => [
      { name: `${way}_${kind}_sec`, unit: UNITS[kind] },
      { name: `${way}_${kind}_sec_max`, unit: UNITS[kind] },
      { name: `${way}_${kind}_sec_max_length`, unit: 's' },
    ]),
    ...(kind === 'iops' ? [{ name: 'size_iops_sec', unit: 'B' }] : []),
  ];
}

/** The disks of a VM that have the same one share their limits. */
export const GROUP = 'group_name';

/** Names of groups that can be sent to a host. */
export const GROUP_NAME = /^[A-Za-z0-9_.-]*$/;

export const DISK_SETTINGS: readonly SettingInfo[] = [
  ...KINDS.flatMap(settingsOf),
  { name: GROUP, unit: '' },
];

/** Whether anything is limited. Without that libvirt has a disk in no group. */
export function hasLimits(values: Values): boolean {
  return KINDS.some((kind) => settingsOf(kind).some(({ name }) => numberOf(values, name) !== null));
}

export function groupOf(values: Values): string {
  const value = values[GROUP];
  return typeof value === 'string' ? value : '';
}

const namesOf = (kind: Kind) =>
  settingsOf(kind).map(({ name }) => ({ name, burst: /^(.*)_length$/.exec(name)?.[1] }));

/** Made once: every disk of a fleet has them. */
const NAMES = { bytes: namesOf('bytes'), iops: namesOf('iops') };

/**
 * All settings of a kind. A length of 1 is QEMU's default, which libvirt shows once another one has been cleared, and
 * without a burst it means nothing: neither is a difference.
 */
export function wholeKind(kind: Kind, numbers: Readonly<Record<string, number | null>>): Values {
  const values: Record<string, number | null> = {};
  for (const { name, burst } of NAMES[kind]) {
    const value = numbers[name] || null;
    const idle = burst !== undefined && (value === 1 || !numbers[burst]);
    values[name] = idle ? null : value;
  }
  return values;
}

export function numberOf(values: Values, name: string): number | null {
  const value = values[name];
  return typeof value === 'number' ? value : null;
}
