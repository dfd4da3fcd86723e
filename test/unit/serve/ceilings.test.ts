import { expect, it } from 'vitest';
import { ceilingOf, demandBelow, readCeilings } from '../../../src/serve/ceilings.ts';

const ID = '55290000000000000000000000000001';
const ceilings = readCeilings({
  ceilings: [
    { project: ID, rate: '100 Gbit/s' },
    { project: 'lab-*', rate: '10 Gbit/s' },
    { project: '*', rate: '1 Gbit/s', nics: 3 },
  ],
});
const rateOf = (id: string, name: string) => ceilingOf(ceilings, { id, name })?.rate;

it('a project has the ceiling of its ID or its name, and none of an ID that it is called by', () => {
  expect(rateOf(ID, 'vip')).toBe(12_500_000);
  expect(rateOf('7'.repeat(32), 'lab-2')).toBe(1_250_000);
  expect(rateOf('7'.repeat(32), 'other')).toBe(125_000);
  expect(rateOf('7'.repeat(32), ID)).toBe(125_000);
});

it('what is asked for may be just what a ceiling says, and no more', () => {
  const ask = (average: number, peak = 0) =>
    demandBelow(ceilingOf(ceilings, { id: 'a', name: 'a' }), {
      inbound: { average, peak, burst: 0, floor: 0 },
    });
  expect(() => ask(125_000, 125_000)).not.toThrow();
  expect(() => ask(125_001)).toThrow(/above what this project may set, 1 Gbit/);
  expect(() => ask(125_000, 125_001)).toThrow(/above/);
  expect(() => demandBelow(ceilingOf(ceilings, { id: 'a', name: 'a' }), { outbound: null })).toThrow(
    /no limit/,
  );
});
