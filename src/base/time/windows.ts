import { DAY_MS, MINUTE_MS, momentsOf, type Zone, zoneOf } from './zone.ts';

/** Weekly windows by the clock of a zone, and so through its changes of the clock. */

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

export interface Window {
  /** Days on which it begins. */
  readonly days: ReadonlySet<Day>;
  /** Minutes of the day, 0 to 1440; `to` is not in it. With `from` after `to` it ends on the next day. */
  readonly from: number;
  readonly to: number;
  /** Made once: it costs more than all that it is asked. */
  readonly zone: Zone;
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
  return { zone: zoneOf(zone), days: new Set([days].flat()), from: minutesOf(from), to: minutesOf(to) };
}

/** Whether it ends when it begins. */
export function isEmpty({ from = '00:00', to = '24:00' }: RawWindow): boolean {
  return minutesOf(from) === minutesOf(to);
}

/** Whether a moment lies in one of the windows. */
export function isDuring(windows: readonly Window[], now: Date): boolean {
  return windows.some((window) => holds(window, now.getTime()));
}

/**
 * Moments after `from`, and not after `to`, at which it may begin or end; every one at which it does is among them.
 * These are the times of its clock, and those at which that clock is put forward or back.
 */
export function edgesOf(window: Window, from: number, to: number): readonly number[] {
  const { zone } = window;
  const found = new Set<number>();
  const midnight = (at: number): number => Math.floor(zone.shows(at) / DAY_MS) * DAY_MS;
  for (let day = midnight(from) - DAY_MS; day <= midnight(to) + DAY_MS; day += DAY_MS) {
    for (const minute of [window.from, window.to])
      for (const at of momentsOf(zone, day + minute * MINUTE_MS)) found.add(at);
  }
  for (let at = from; at < to; at += DAY_MS) {
    const change = clockChange(zone, at, Math.min(at + DAY_MS, to));
    if (change !== null) found.add(change);
  }
  return [...found].filter((at) => at > from && at <= to).sort((a, b) => a - b);
}

/** When a clock is put forward or back between two moments of one day, to the minute; null where it is not. */
function clockChange({ shows }: Zone, from: number, to: number): number | null {
  const ahead = (at: number): number => shows(at) - at;
  const before = ahead(from);
  if (ahead(to) === before) return null;
  let [low, high] = [Math.floor(from / MINUTE_MS), Math.ceil(to / MINUTE_MS)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (ahead(middle * MINUTE_MS) === before) low = middle;
    else high = middle;
  }
  return high * MINUTE_MS;
}

function holds({ days, from, to, zone }: Window, at: number): boolean {
  const { day, minute } = timeOn(zone, at);
  const today = DAYS[day] as Day;
  if (from < to) return days.has(today) && minute >= from && minute < to;
  const yesterday = DAYS[(day + 6) % 7] as Day;
  return (days.has(today) && minute >= from) || (days.has(yesterday) && minute < to);
}

/** `Wed 22:05 (Europe/Berlin)` */
export function clockText({ zone }: Window, now: Date): string {
  const { day, minute } = timeOn(zone, now.getTime());
  return `${dayText(DAYS[day] as Day)} ${minuteText(minute)} (${zone.name})`;
}

/** `Mon, Tue 22:00–06:00 (Europe/Berlin)` */
export function windowText({ days, from, to, zone }: Window): string {
  const which =
    days.size === DAYS.length
      ? 'daily'
      : DAYS.filter((day) => days.has(day))
          .map(dayText)
          .join(', ');
  return `${which} ${minuteText(from)}–${minuteText(to)} (${zone.name})`;
}

function dayText(day: Day): string {
  return `${day.charAt(0).toUpperCase()}${day.slice(1)}`;
}

function minuteText(minute: number): string {
  return [Math.floor(minute / 60), minute % 60].map((part) => String(part).padStart(2, '0')).join(':');
}

/** The day of the week, from Monday, and the minute of the day. */
function timeOn({ shows }: Zone, at: number): { readonly day: number; readonly minute: number } {
  const shown = shows(at);
  // The first of January 1970 was a Thursday.
  const day = (((Math.floor(shown / DAY_MS) + 3) % 7) + 7) % 7;
  return { day, minute: Math.floor((shown - Math.floor(shown / DAY_MS) * DAY_MS) / MINUTE_MS) };
}

function minutesOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(':').map(Number);
  return hours * 60 + minutes;
}
