/** Clocks of time zones. Moments, and what clocks show, are milliseconds: of a clock as if it showed UTC. */

export const MINUTE_MS = 60_000;
export const DAY_MS = 86_400_000;

export interface Zone {
  /** A name of the IANA database, or a fixed offset such as `+01:00`. */
  readonly name: string;
  /** What its clock shows at a moment. */
  readonly shows: (at: number) => number;
}

const OFFSET = /^([+-])(\d\d):(\d\d)$/;

/** A name that the clock of the system knows: `Europe/Berlin`, `UTC`. An offset such as `+01:00` is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** @throws RangeError for a zone that is none */
export function zoneOf(name: string): Zone {
  const [, sign, hours, minutes] = OFFSET.exec(name) ?? [];
  if (sign !== undefined) {
    const offset = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * MINUTE_MS;
    return { name, shows: (at) => at + offset };
  }
  if (name === 'UTC') return { name, shows: (at) => at };
  const clock = clockOf(name);
  return {
    name,
    shows: (at) => {
      const parts = new Map(clock.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
      const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
      const second = Date.UTC(
        part('year'),
        part('month') - 1,
        part('day'),
        part('hour'),
        part('minute'),
        part('second'),
      );
      return second + (((at % 1000) + 1000) % 1000);
    },
  };
}

/** All moments at which its clock shows this: none while it is put forward, two while it is put back, else one. */
export function momentsOf({ shows }: Zone, shown: number): readonly number[] {
  // By the offsets that hold a day before and a day after: a clock is not changed twice in between.
  const offsets = [shown - DAY_MS, shown + DAY_MS].map((near) => shows(near) - near);
  const found = new Set(offsets.map((offset) => shown - offset).filter((at) => shows(at) === shown));
  return [...found].sort((a, b) => a - b);
}

/** `2026-12-01 06:00 Europe/Berlin`; with seconds where there are any. */
export function momentText(at: number, { name, shows }: Zone): string {
  const [, date = '', minute = '', second = '00'] =
    /^(.+)T(\d\d:\d\d):(\d\d)/.exec(new Date(shows(at)).toISOString()) ?? [];
  return `${date} ${minute}${second === '00' ? '' : `:${second}`} ${name}`;
}

/** @throws RangeError for a zone that is none */
function clockOf(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone,
    calendar: 'gregory',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
  });
}
