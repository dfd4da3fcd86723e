import { type DesiredLimits, DIRECTIONS, type DirectionLimit, type Limits } from '../../facts/bandwidth.ts';
import type { Desired, Values } from '../../model/change.ts';
import type { SettingInfo } from '../module.ts';
import type { DesiredBySide } from './item.ts';

const FIELDS = ['average', 'peak', 'burst', 'floor'] as const;

/** The settings of a NIC: four numbers a direction, of which one that is not set is null. */
export const NIC_SETTINGS: readonly SettingInfo[] = DIRECTIONS.flatMap((direction) =>
  FIELDS.map((field) => ({ name: `${direction}.${field}`, unit: field === 'burst' ? 'KiB' : 'kB/s' })),
);

/** Limits as settings: a direction that is there has all its numbers, as libvirt replaces it whole. */
export function toValues(limits: DesiredLimits): Values {
  const entries = DIRECTIONS.flatMap((direction) => {
    const limit = limits[direction];
    if (limit === undefined) return [];
    return FIELDS.map((field) => [`${direction}.${field}`, (limit?.[field] ?? 0) || null] as const);
  });
  return Object.fromEntries(entries);
}

/** The same for what may be missing. */
export function toValuesOrNull(limits: Limits | null): Values | null {
  return limits === null ? null : toValues(limits);
}

/** The limits that settings stand for; a direction none of whose numbers is among them is left alone. */
export function toLimits(values: Values): DesiredLimits {
  const read = DIRECTIONS.flatMap((direction): [string, DirectionLimit][] => {
    if (values[`${direction}.average`] === undefined) return [];
    const numbers = FIELDS.map((field) => [field, Number(values[`${direction}.${field}`] ?? 0)] as const);
    const limit = Object.fromEntries(numbers) as unknown as NonNullable<DirectionLimit>;
    return [[direction, limit.average === 0 && limit.floor === 0 ? null : limit]];
  });
  return Object.fromEntries(read);
}

/** {@link toLimits} of both states. */
export function toLimitsBySide({ live, config }: Desired): DesiredBySide {
  return { live: toLimits(live), config: toLimits(config) };
}
