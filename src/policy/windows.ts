/** Weekly windows by the clock of a zone, and so through its changes of the clock. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

export interface Window {
  /** Days on which it begins. */
  readonly days: ReadonlySet<Day>;
  /** Minutes of the day, 0 to 1440; `to` is not in it. With `from` after `to` it ends on the next day. */
  readonly from: number;
  readonly to: number;
  readonly zone: string;
  /** Made once: it costs more than all that it is asked. */
  readonly clock: Intl.DateTimeFormat;
}

/** As the schema has let it through. */
export interface RawWindow {
  readonly zone: string;
  readonly days?: Day | readonly Day[];
  readonly from?: string;
  readonly to?: string;
}

/** @throws RangeError for a zone that is none */
export function toWindow({ zone, days = DAYS, from = '00:00', to = '24:00' }: RawWindow): Window {
  return {
    zone,
    days: new Set([days].flat() as Day[]),
    from: minutesOf(from),
    to: minutesOf(to),
    clock: clockOf(zone),
  };
}

/** Whether it ends when it begins. */
export function isEmpty({ from = '00:00', to = '24:00' }: RawWindow): boolean {
  return minutesOf(from) === minutesOf(to);
}

/** A zone that the clock of the system knows: `Europe/Berlin`, `UTC`. An offset such as `+01:00` is none. */
export function isZone(name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false;
  try {
    clockOf(name);
    return true;
  } catch {
    return false;
  }
}

/** Whether a moment lies in one of the windows. */
export function isDuring(windows: readonly Window[], now: Date): boolean {
  return windows.some((window) => holds(window, now));
}

function holds({ days, from, to, clock }: Window, now: Date): boolean {
  const { day, minute } = timeOn(clock, now);
  const today = DAYS[day] as Day;
  if (from < to) return days.has(today) && minute >= from && minute < to;
  const yesterday = DAYS[(day + 6) % 7] as Day;
  return (days.has(today) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** `Wed 22:05 (Europe/Berlin)` */
export function clockText({ zone, clock }: Window, now: Date): string {
  const { day, minute } = timeOn(clock, now);
  const name = DAYS[day] ?? '';
  const time = [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0'));
  return `${name.charAt(0).toUpperCase()}${name.slice(1)} ${time.join(':')} (${zone})`;
}

function timeOn(clock: Intl.DateTimeFormat, now: Date): { readonly day: number; readonly minute: number } {
  const parts = Object.fromEntries(clock.formatToParts(now).map(({ type, value }) => [type, value]));
  const day = DAYS.indexOf(parts.weekday?.toLowerCase() as Day);
  return { day, minute: Number(parts.hour) * 60 + Number(parts.minute) };
}

/** @throws RangeError for a zone that is none */
function clockOf(zone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
