import { MAX_BURST } from '../../base/units.ts';
import { type DesiredLimits, DIRECTIONS, type Limits, type Rate } from '../../facts/bandwidth.ts';
import type { Desired, Value, Values } from '../../model/change.ts';
import type { SettingInfo } from '../module.ts';
import type { DesiredBySide } from './item.ts';
import { PORT_SETTINGS } from './port/settings.ts';

const FIELDS = ['average', 'peak', 'burst', 'floor'] as const;

/** The names of the settings, made once: every NIC of a fleet has them. */
const NAMES = DIRECTIONS.map((direction) => {
  const named = (field: (typeof FIELDS)[number]): string => `${direction}.${field}`;
  return {
    direction,
    fields: FIELDS.map((field) => ({ field, name: named(field) })),
    name: { average: named('average'), peak: named('peak'), burst: named('burst'), floor: named('floor') },
  };
});

/** The settings of a NIC: four numbers a direction, of which one that is not set is null. */
export const LIBVIRT_SETTINGS: readonly SettingInfo[] = DIRECTIONS.flatMap((direction) =>
  FIELDS.map((field) => ({ name: `${direction}.${field}`, unit: field === 'burst' ? 'KiB' : 'kB/s' })),
);

/** The same with what Neutron limits, where it is asked. */
export const NIC_SETTINGS: readonly SettingInfo[] = [...LIBVIRT_SETTINGS, ...PORT_SETTINGS];

/** Limits as settings: a direction that is there has all its numbers, as libvirt replaces it whole. */
export function toValues(limits: DesiredLimits): Values {
  const values: Record<string, Value> = {};
  for (const { direction, fields } of NAMES) {
    const limit = limits[direction];
    if (limit === undefined) continue;
    for (const { field, name } of fields) values[name] = (limit?.[field] ?? 0) || null;
  }
  return values;
}

/** The same for what may be missing. */
export function toValuesOrNull(limits: Limits | null): Values | null {
  return limits === null ? null : toValues(limits);
}

/** The limits that settings stand for; a direction none of whose numbers is among them is left alone. */
export function toLimits(values: Values): DesiredLimits {
  const limits: { -readonly [D in keyof DesiredLimits]: DesiredLimits[D] } = {};
  for (const { direction, name } of NAMES) {
    if (values[name.average] === undefined) continue;
    const number = (field: (typeof FIELDS)[number]): number => Number(values[name[field]] ?? 0);
    const [average, floor] = [number('average'), number('floor')];
    limits[direction] =
      average === 0 && floor === 0 ? null : { average, peak: number('peak'), burst: number('burst'), floor };
  }
  return limits;
}

/** {@link toLimits} of both states. */
export function toLimitsBySide({ live, config }: Desired): DesiredBySide {
  return { live: toLimits(live), config: toLimits(config) };
}

/** One number for all three, the burst as far as tc can hold it: as libvirt does where none is given. */
export function setInterface(value: number): Rate {
  return { average: value, peak: value, burst: Math.min(value, MAX_BURST), floor: 0 };
}
