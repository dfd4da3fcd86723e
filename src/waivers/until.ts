const DATE = /^(\d{4})-(\d\d)-(\d\d)$/;
const TIMESTAMP = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.\d{1,9})?)?(?:[Zz]|[+-](\d\d):(\d\d))$/;
const DAY_MS = 86_400_000;

/**
 * The first moment after a date (UTC) or the moment of a timestamp with a zone, in ms since 1970; null for what is
 * neither, and for days and times that no calendar has.
 */
export function endOf(until: string): number | null {
  const day = dayOf(until);
  if (day !== null) return day + DAY_MS;
  const [, date = '', hour, minute, second = '0', zoneHour = '0', zoneMinute = '0'] =
    TIMESTAMP.exec(until) ?? [];
  if (dayOf(date) === null || Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  if (Number(zoneHour) > 23 || Number(zoneMinute) > 59) return null;
  const at = Date.parse(until.replace(' ', 'T').toUpperCase());
  return Number.isNaN(at) ? null : at;
}

/** Its first moment. `Date.parse` takes the 30th of February for a day in March. */
function dayOf(text: string): number | null {
  const [, year, month, day] = DATE.exec(text) ?? [];
  const at = Date.UTC(Number(year), Number(month) - 1, Number(day));
  return Number.isNaN(at) || new Date(at).toISOString().slice(0, 10) !== text ? null : at;
}
