import { DAY_MS, isZone, MINUTE_MS, momentsOf, type Zone, zoneOf } from './zone.ts';

/** A moment that somebody wrote, and by whose clock. */
export interface Instant {
  /** ms since 1970. */
  readonly at: number;
  readonly zone: Zone;
}

export type ParsedInstant =
  | ({ readonly ok: true } & Instant)
  | { readonly ok: false; readonly message: string; readonly hint: string };

const FORM =
  /^(\d{4}-\d\d-\d\d)(?:(?:[Tt]| +)(\d\d):(\d\d)(?::(\d\d(?:\.\d{1,9})?))?)?(?: *([Zz]|[+-]\d\d:\d\d)| +([A-Za-z]\S*))?$/;

/** For editors, as a regular expression of JSON Schema. */
export const INSTANT_PATTERN = FORM.source;

export const INSTANT_HINT =
  'write a date (2026-12-24), or a time with its zone (2026-12-24 18:00 Europe/Berlin, 2026-12-24T18:00:00+01:00)';

/**
 * A time with a zone or an offset; or a date (of UTC, or of the zone beside it).
 * @param date what a date stands for: `end`, the first moment after it, so that all of it is meant; or its `begin`
 */
export function parseInstant(written: unknown, date: 'begin' | 'end' = 'end'): ParsedInstant {
  if (typeof written !== 'string') return no(`${JSON.stringify(written)} is no time`);
  const said = `"${written}"`;
  const [, dayText = '', hour, minute = '0', second = '0', offset, name] = FORM.exec(written.trim()) ?? [];
  const day = dayOf(dayText);
  if (day === null) return no(`${said} is no time`);
  const zoneName = offset ?? name;
  if (hour !== undefined && zoneName === undefined)
    return no(
      `${said} has no zone`,
      `write by whose clock it is: "${written.trim()} Europe/Berlin", or +01:00`,
    );
  if (name !== undefined && !isZone(name))
    return no(
      `"${name}" is no time zone that this machine knows`,
      'write a name of the IANA database, e.g. Europe/Berlin, or UTC',
    );
  if (offset !== undefined && !/^(?:z|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/i.test(offset))
    return no(`${said} is no time`);
  const zone = zoneOf(zoneName === undefined || /^z$/i.test(zoneName) ? 'UTC' : zoneName);
  if (hour === undefined) return { ok: true, at: startOf(zone, date === 'end' ? day + DAY_MS : day), zone };
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) >= 60) return no(`${said} is no time`);
  const shown = day + (Number(hour) * 60 + Number(minute)) * MINUTE_MS + Math.floor(Number(second) * 1000);
  const [at, again] = momentsOf(zone, shown);
  if (at === undefined)
    return no(`${said} does not come: the clock is put forward over it`, 'write a time before or after it');
  if (again !== undefined)
    return no(`${said} comes twice: the clock is put back over it`, 'write it with its offset, e.g. +02:00');
  return { ok: true, at, zone };
}

const no = (message: string, hint = INSTANT_HINT): ParsedInstant => ({ ok: false, message, hint });

/** The first moment of a day, which need not begin at midnight. */
function startOf(zone: Zone, midnight: number): number {
  for (let shown = midnight; shown < midnight + DAY_MS; shown += 15 * MINUTE_MS) {
    const [at] = momentsOf(zone, shown);
    if (at !== undefined) return at;
  }
  // A zone that has left out a whole day.
  return midnight;
}

/** What the clock shows at its beginning. `Date.parse` takes the 30th of February for a day in March. */
function dayOf(date: string): number | null {
  const [year = 0, month = 0, day = 0] = date.split('-').map(Number);
  const at = Date.UTC(year, month - 1, day);
  return date !== '' && !Number.isNaN(at) && new Date(at).toISOString().slice(0, 10) === date ? at : null;
}
