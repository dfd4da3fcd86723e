import type { Instant } from './instant.ts';
import { edgesOf, isDuring, type Window, windowText } from './windows.ts';
import { DAY_MS, momentText } from './zone.ts';

/** When something holds: until a moment, in weekly windows, outside of others; all that is given must agree. */
export interface Times {
  readonly until?: Instant;
  readonly during?: readonly Window[];
  readonly notDuring?: readonly Window[];
}

export function holdsAt({ until, during, notDuring }: Times, at: number): boolean {
  const now = new Date(at);
  return (
    (until === undefined || at < until.at) &&
    (during === undefined || isDuring(during, now)) &&
    (notDuring === undefined || !isDuring(notDuring, now))
  );
}

/** `until 2026-12-01 06:00 Europe/Berlin, during daily 22:00–06:00 (UTC)` */
export function timesText({ until, during, notDuring }: Times): string {
  const windows = (word: string, list: readonly Window[] | undefined): readonly string[] =>
    list === undefined ? [] : [`${word} ${list.map(windowText).join(' and ')}`];
  return [
    ...(until === undefined ? [] : [`until ${momentText(until.at, until.zone)}`]),
    ...windows('during', during),
    ...windows('not during', notDuring),
  ].join(', ');
}

/** From a moment on until the next phase the same of several {@link Times} hold. */
export interface Phase {
  /** ms since 1970; of the first one, when it was asked for. */
  readonly at: number;
  /** By whose clock it begins. */
  readonly zone: string;
  /** One for each. */
  readonly holds: readonly boolean[];
}

/** More than two weeks: a window of one day a week may be left out once, where a clock is put forward over it. */
const SPAN_MS = 15 * DAY_MS;

/**
 * The phases of several times from a moment on. Windows repeat: they are followed for two weeks from then on, and for
 * two weeks after each `until`.
 */
export function phasesOf(all: readonly Times[], now: number): readonly Phase[] {
  const zones = new Map<number, string>([[now, 'UTC']]);
  const untils = all.flatMap(({ until }) => (until === undefined || until.at <= now ? [] : [until]));
  for (const { at, zone } of untils) zones.set(at, zone.name);
  for (const from of [now, ...untils.map(({ at }) => at)])
    for (const window of all.flatMap(({ during = [], notDuring = [] }) => [...during, ...notDuring]))
      for (const at of edgesOf(window, from, from + SPAN_MS))
        if (!zones.has(at)) zones.set(at, window.zone.name);
  const phases: Phase[] = [];
  for (const [at, zone] of [...zones].sort(([a], [b]) => a - b)) {
    const holds = all.map((times) => holdsAt(times, at));
    const last = phases.at(-1);
    if (last === undefined || holds.some((one, index) => one !== last.holds[index]))
      phases.push({ at, zone, holds });
  }
  return phases;
}

/** {@link phasesOf} for many subjects, most of which have the same times: each set of times is followed once. */
export function timeline(now: number): (all: readonly Times[]) => readonly Phase[] {
  const numbers = new Map<Times, number>();
  const known = new Map<string, readonly Phase[]>();
  const numberOf = (times: Times): number => {
    const number = numbers.get(times) ?? numbers.size;
    numbers.set(times, number);
    return number;
  };
  return (all) => {
    const key = all.map(numberOf).join(' ');
    const phases = known.get(key) ?? phasesOf(all, now);
    known.set(key, phases);
    return phases;
  };
}
