import { expect, it } from 'vitest';
import { gatesOf } from '../../../src/gates/index.ts';
import type { BoundWaiver } from '../../../src/model/waiver.ts';
import { asking, policy } from '../policy/build.ts';

const at = (text: string): number => Date.parse(text);
const iso = (ms: number | null | undefined) => (ms == null ? null : new Date(ms).toISOString());

it('tells when the first waiver ends that holds', () => {
  const waiver = (until: string): BoundWaiver => ({
    ...{ owner: 'o', reason: 'r', until, endsAt: at(until), hostNames: null },
    ...{ file: 'w.yml', line: 1, place: { file: 'w.yml', line: 1, column: 1 } },
  });
  const waivers = ['2026-12-01T06:00:00Z', '2026-11-30T06:00:00Z', '2026-11-01T06:00:00Z'].map(waiver);
  const [gate] = gatesOf({ waivers: { waivers, now: at('2026-11-27T12:00:00Z') } });
  expect(iso(gate?.changesAt?.(at('2026-11-27T12:00:00Z')))).toBe('2026-11-30T06:00:00.000Z');
  expect(iso(gate?.changesAt?.(at('2026-11-30T06:00:00Z')))).toBe('2026-12-01T06:00:00.000Z');
  expect(gate?.changesAt?.(at('2026-12-01T06:00:00Z'))).toBeNull();
});

it.each([
  ['- { name: r, not_during: { zone: UTC, from: "08:00", to: "18:00" } }', '2026-11-27T18:00:00.000Z'],
  ['- { name: r, during: { zone: Europe/Berlin, days: sat } }', '2026-11-27T23:00:00.000Z'],
  ['- { name: r }', null],
])('tells when a window of a policy begins or ends: %s', (rules, moment) => {
  const { identities, groupsOf } = asking();
  const now = () => new Date(at('2026-11-27T12:00:00Z'));
  const input = { policy: policy(rules), identities, groupsOf, check: false, now, confirmed: () => false };
  const gate = gatesOf({ policy: input }).find(({ name }) => name === 'policy');
  expect(iso(gate?.changesAt?.(now().getTime()))).toBe(moment);
});
