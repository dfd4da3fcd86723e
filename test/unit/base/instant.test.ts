import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseInstant } from '../../../src/base/time/instant.ts';
import { momentsOf, momentText, zoneOf } from '../../../src/base/time/zone.ts';

const at = (written: unknown): string | null => {
  const parsed = parseInstant(written);
  return parsed.ok ? new Date(parsed.at).toISOString() : null;
};

describe('a moment as somebody writes it', () => {
  it.each([
    ['2026-12-24', '2026-12-25T00:00:00.000Z'],
    ['2024-02-29', '2024-03-01T00:00:00.000Z'],
    ['2026-12-24 Europe/Berlin', '2026-12-24T23:00:00.000Z'],
    ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
    ['2026-12-24 18:00:30+01:00', '2026-12-24T17:00:30.000Z'],
    ['2026-12-24 18:00 -05:30', '2026-12-24T23:30:00.000Z'],
    ['2026-12-24t18:00:30.5z', '2026-12-24T18:00:30.500Z'],
    ['2026-12-01 06:00 Europe/Berlin', '2026-12-01T05:00:00.000Z'],
    ['2026-07-01 06:00 Europe/Berlin', '2026-07-01T04:00:00.000Z'],
    ['2026-07-01 06:00 UTC', '2026-07-01T06:00:00.000Z'],
    // Beirut puts its clock forward at midnight: the day begins at one.
    ['2025-03-29 Asia/Beirut', '2025-03-29T22:00:00.000Z'],
  ])('%s is %s', (written, expected) => {
    expect(at(written)).toBe(expected);
  });

  it.each([
    ['2026-12-24', '2026-12-24T00:00:00.000Z'],
    ['2026-12-24 Europe/Berlin', '2026-12-23T23:00:00.000Z'],
    ['2025-03-30 Asia/Beirut', '2025-03-29T22:00:00.000Z'],
    ['2026-12-24T18:00Z', '2026-12-24T18:00:00.000Z'],
  ])('%s, where a date is its beginning, is %s', (written, expected) => {
    const parsed = parseInstant(written, 'begin');
    expect(parsed.ok ? new Date(parsed.at).toISOString() : null).toBe(expected);
  });

  it.each([
    ['2026-12-24T18:00:00', 'has no zone'],
    ['2026-12-24 18:00', 'has no zone'],
    ['2026-12-24 18:00 Europe/Berln', 'no time zone that this machine knows'],
    ['2025-02-29', 'is no time'],
    ['2026-13-01', 'is no time'],
    ['2026-12-24T24:00:00Z', 'is no time'],
    ['2026-12-24T18:00:00+25:00', 'is no time'],
    ['24.12.2026', 'is no time'],
    ['2026', 'is no time'],
    ['', 'is no time'],
    [20261224, 'is no time'],
    [null, 'is no time'],
    ['2026-03-29 02:30 Europe/Berlin', 'does not come'],
    ['2026-10-25 02:30 Europe/Berlin', 'comes twice'],
  ])('%s is none: %s', (written, why) => {
    const parsed = parseInstant(written);
    expect(parsed.ok ? '' : parsed.message).toContain(why);
  });
});

const ZONES = ['UTC', 'Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', '+05:45'];
const moment = fc.integer({ min: Date.UTC(2020, 0, 1), max: Date.UTC(2035, 0, 1) });

it('finds each moment again by what a clock shows at it', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moment, (name, at) => {
      const zone = zoneOf(name);
      expect(momentsOf(zone, zone.shows(at))).toContain(at);
    }),
  );
});

it('reads what it has written, but for the hour that comes twice', () => {
  fc.assert(
    fc.property(fc.constantFrom(...ZONES), moment, (name, ms) => {
      const zone = zoneOf(name);
      const at = Math.floor(ms / 1000) * 1000;
      const parsed = parseInstant(momentText(at, zone));
      if (momentsOf(zone, zone.shows(at)).length === 1) expect(parsed).toMatchObject({ ok: true, at });
      else expect(parsed).toMatchObject({ ok: false });
    }),
  );
});
