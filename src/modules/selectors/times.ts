import { shorten } from '../../base/text.ts';
import { parseInstant } from '../../base/time/instant.ts';
import { type Times, timesText } from '../../base/time/times.ts';
import { isEmpty, type RawWindow, toWindow } from '../../base/time/windows.ts';
import { isZone } from '../../base/time/zone.ts';
import type { Diagnostic, Place } from '../../model/diagnostic.ts';
import { placeOf } from '../../yaml/places.ts';
import type { Measure } from '../measure.ts';

/** When a rule holds, as the schema lets it through (times_schema.ts). */
export interface RawTimes {
  readonly until?: string;
  readonly during?: RawWindow | readonly RawWindow[];
  readonly not_during?: RawWindow | readonly RawWindow[];
  /** What its settings are to be outside of its times, where no other rule sets them. */
  readonly otherwise?: Otherwise;
  readonly ramp?: { readonly step: string | number; readonly every: string };
}

/** `unlimited` takes the limits away; `leave` leaves them as they are then. */
export const OTHERWISE = ['unlimited', 'leave'] as const;
export type Otherwise = (typeof OTHERWISE)[number];

const WHEN = ['until', 'during', 'not_during'] as const;

/** What is wrong with when rules hold. @param raw a rule as it was written, which knows the places of its parts */
export function timeErrors(raw: RawTimes): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  const fail = (message: string, place: Place | undefined, hint?: string): void =>
    void found.push({ severity: 'error', message, hint, place: place ?? placeOf(raw) });
  if (raw.until !== undefined) {
    const parsed = parseInstant(raw.until);
    if (!parsed.ok) fail(parsed.message, placeOf(raw, 'until'), parsed.hint);
  }
  for (const key of ['during', 'not_during'] as const)
    for (const window of [raw[key] ?? []].flat() as RawWindow[]) windowErrors(window, fail);
  if (raw.otherwise !== undefined && WHEN.every((key) => raw[key] === undefined))
    fail(
      'otherwise says what is to be outside of the times of a rule, and this one has none',
      placeOf(raw, 'otherwise'),
      'give until, during or not_during, or leave it out',
    );
  return found;
}

/** What is wrong with a weekly window that the schema has let through. */
export function windowErrors(
  window: RawWindow,
  fail: (message: string, at: Place | undefined, hint?: string) => void,
): void {
  if (!isZone(window.zone))
    fail(
      `"${shorten(window.zone)}" is no time zone that this machine knows`,
      placeOf(window, 'zone'),
      'write a name of the IANA database, e.g. Europe/Berlin, or UTC',
    );
  if (isEmpty(window))
    fail(
      'the window is empty: it ends when it begins',
      placeOf(window, 'from'),
      'leave both out for whole days',
    );
}

/** What is wrong with the steps of a rule. @param measures what the module's rules set */
export function rampErrors(raw: RawTimes, measures: readonly Measure[]): readonly Diagnostic[] {
  const { ramp } = raw;
  if (ramp === undefined) return [];
  const amounts = measures.map(({ parse }) => parse(ramp.step));
  const good = amounts.some((amount) => amount.ok && amount.value > 0);
  const [first] = amounts;
  if (good || first?.ok) return [];
  const place = placeOf(ramp, 'step') ?? placeOf(raw, 'ramp');
  if (first === undefined)
    return [
      {
        severity: 'error',
        message: 'ramp: what this rule sets is no number, and has no steps',
        hint: 'leave ramp out',
        place,
      },
    ];
  return [
    {
      severity: 'error',
      message: `ramp: ${first.message}`,
      hint: first.hint ?? 'write a step as the rule writes what it sets',
      place,
    },
  ];
}

/** When a rule without errors holds; null for always. */
export function toTimes({ until, during, not_during }: RawTimes): Times | null {
  const windows = (raw: RawTimes['during']) => ([raw].flat() as RawWindow[]).map(toWindow);
  const instant = until === undefined ? undefined : parseInstant(until);
  // What is wrong with it has been told.
  if (instant?.ok === false) return null;
  if (instant === undefined && during === undefined && not_during === undefined) return null;
  return {
    ...(instant === undefined ? {} : { until: { at: instant.at, zone: instant.zone } }),
    ...(during === undefined ? {} : { during: windows(during) }),
    ...(not_during === undefined ? {} : { notDuring: windows(not_during) }),
  };
}

/** A rule that holds for a while only. */
interface Timed {
  readonly name: string;
  readonly place?: Place;
  readonly times?: Times;
  readonly otherwise?: Otherwise;
}

/**
 * A rule in time must say what comes after it: else what it has set would stay for ever, and nobody would have said so.
 * Only what rules alone prove is said here; the rest is found when hosts are planned.
 * @param beneath whether another rule may set what this one sets, on what this one names
 */
export function nothingBeneath<R extends Timed>(
  rules: readonly R[],
  beneath: (other: R, rule: R) => boolean,
): readonly Diagnostic[] {
  return rules.flatMap((rule): Diagnostic[] => {
    const { name, times, otherwise, place } = rule;
    if (times === undefined || otherwise !== undefined) return [];
    if (rules.some((other) => other !== rule && beneath(other, rule))) return [];
    return [
      {
        severity: 'error',
        message: `rule "${name}" holds ${timesText(times)} only, and nothing says what is to be otherwise`,
        hint: BENEATH_HINT,
        place,
      },
    ];
  });
}

export const BENEATH_HINT =
  'put a rule without times before it, or add otherwise: unlimited (or otherwise: leave, which lets its limits stay)';
