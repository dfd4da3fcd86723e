import fc from 'fast-check';
import { expect, it } from 'vitest';
import { DAYS, edgesOf, isDuring, type RawWindow, toWindow } from '../../../src/base/time/windows.ts';
import { isZone } from '../../../src/base/time/zone.ts';

const during = (window: RawWindow, at: string): boolean => isDuring([toWindow(window)], new Date(at));
const NIGHT: RawWindow = { zone: 'Europe/Berlin', days: ['fri'], from: '22:00', to: '06:00' };
const BERLIN = { zone: 'Europe/Berlin' };

// 2026-11-25 is a Wednesday; Berlin is one hour ahead of UTC in winter and two in summer, from 29 March to 25 October.
it.each([
  [{ zone: 'UTC' }, '2026-11-25T12:00:00Z', true],
  [{ zone: 'UTC', days: 'wed' as const }, '2026-11-25T00:00:00Z', true],
  [{ zone: 'UTC', days: 'wed' as const }, '2026-11-24T23:59:59Z', false],
  [{ zone: 'UTC', days: 'wed' as const }, '2026-11-26T00:00:00Z', false],
  [{ zone: 'UTC', from: '08:00', to: '17:00' }, '2026-11-25T08:00:00Z', true],
  [{ zone: 'UTC', from: '08:00', to: '17:00' }, '2026-11-25T07:59:59Z', false],
  [{ zone: 'UTC', from: '08:00', to: '17:00' }, '2026-11-25T16:59:59Z', true],
  [{ zone: 'UTC', from: '08:00', to: '17:00' }, '2026-11-25T17:00:00Z', false],
  [{ zone: 'UTC', from: '20:00' }, '2026-11-25T23:59:59Z', true],
  // Across midnight it belongs to the day on which it began.
  [NIGHT, '2026-11-27T21:00:00Z', true],
  [NIGHT, '2026-11-27T20:59:00Z', false],
  [NIGHT, '2026-11-28T04:59:00Z', true],
  [NIGHT, '2026-11-28T05:00:00Z', false],
  [NIGHT, '2026-11-27T04:00:00Z', false],
  [NIGHT, '2026-11-28T21:30:00Z', false],
  // Sunday ends in Monday.
  [{ ...NIGHT, days: 'sun' as const }, '2026-11-30T04:00:00Z', true],
  // The same time of the clock, in summer and in winter.
  [{ ...BERLIN, from: '08:00', to: '09:00' }, '2026-07-01T06:30:00Z', true],
  [{ ...BERLIN, from: '08:00', to: '09:00' }, '2026-12-01T06:30:00Z', false],
  [{ ...BERLIN, from: '08:00', to: '09:00' }, '2026-12-01T07:30:00Z', true],
  // On 29 March 02:00 to 03:00 is left out: a window in it does not come, one around it is an hour shorter.
  [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-03-29T00:59:59Z', false],
  [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-03-29T01:00:00Z', false],
  [{ ...BERLIN, from: '01:00', to: '04:00' }, '2026-03-29T01:59:00Z', true],
  [{ ...BERLIN, from: '01:00', to: '04:00' }, '2026-03-29T02:00:00Z', false],
  // On 25 October 02:00 to 03:00 comes twice.
  [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-10-25T00:30:00Z', true],
  [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-10-25T01:30:00Z', true],
  [{ ...BERLIN, from: '02:00', to: '03:00' }, '2026-10-25T02:00:00Z', false],
  // Half an hour beside the others.
  [{ zone: 'Asia/Kolkata', from: '00:00', to: '00:30' }, '2026-11-25T18:45:00Z', true],
])('%j at %s: %s', (window, at, expected) => {
  expect(during(window as RawWindow, at)).toBe(expected);
});

const DAY_MS = 86_400_000;

it('is, at each moment, in a window or in what is left of the day', () => {
  const time = fc.integer({ min: 0, max: 1439 }).map((minutes) => {
    const two = (value: number): string => String(value).padStart(2, '0');
    return `${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
  });
  const moment = fc.integer({ min: 0, max: 365 * DAY_MS }).map((ms) => new Date(Date.UTC(2026, 0, 1) + ms));
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Asia/Kolkata',
  );
  fc.assert(
    fc.property(time, time, zone, moment, (from, to, zone, now) => {
      fc.pre(from !== to);
      const one = isDuring([toWindow({ zone, from, to })], now);
      const other = isDuring([toWindow({ zone, from: to, to: from })], now);
      expect(one).toBe(!other);
    }),
  );
});

it.each([
  ['Europe/Berlin', true],
  ['UTC', true],
  ['+01:00', false],
  ['Europe/Berln', false],
  ['', false],
])('%s is a zone: %s', (name, expected) => {
  expect(isZone(name)).toBe(expected);
});

it('begins and ends at its edges alone', () => {
  const minutes = fc.integer({ min: 0, max: 1439 });
  const two = (value: number): string => String(value).padStart(2, '0');
  const time = minutes.map((all) => `${two(Math.floor(all / 60))}:${two(all % 60)}`);
  // Around the days on which clocks are put forward and back, and anywhere else.
  const start = fc.oneof(
    fc.constantFrom('2026-03-27', '2026-10-23', '2026-03-06', '2026-10-30', '2026-04-03').map(Date.parse),
    fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2026, 11, 1) }),
  );
  const zone = fc.constantFrom('UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe');
  const days = fc.option(fc.subarray([...DAYS], { minLength: 1 }), { nil: undefined });
  fc.assert(
    fc.property(time, time, zone, days, start, (from, to, zone, days, at) => {
      fc.pre(from !== to);
      const window = toWindow({ zone, from, to, ...(days === undefined ? {} : { days }) });
      const end = at + 4 * DAY_MS;
      const edges = edgesOf(window, at, end);
      const pieces = [at, ...edges, end];
      for (const [index, begin] of pieces.slice(0, -1).entries()) {
        const until = pieces[index + 1] ?? end;
        const first = isDuring([window], new Date(begin));
        for (let probe = begin; probe < until; probe += 23 * 60_000)
          expect(isDuring([window], new Date(probe))).toBe(first);
      }
    }),
    { numRuns: 40 },
  );
});
