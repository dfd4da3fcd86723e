import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Value } from '../../../src/model/change.ts';
import { judgeChanges } from '../../../src/policy/judge.ts';
import { asking, change, policy } from './build.ts';

type Settings = Readonly<Record<string, readonly [Value, Value]>>;

function whyOf(module: string, bound: string, settings: Settings): string | undefined {
  const made = policy(`- { name: r, limits: { ${module}: ${bound} } }`);
  const one = change({ module, settings });
  return judgeChanges(made, [one], asking(), new Map()).of.get(one)?.[0]?.why;
}

const AVERAGE = (before: Value, desired: Value): Settings => ({ 'inbound.average': [before, desired] });

it.each([
  // Highest and lowest, in the units of rules; the bounds themselves are allowed.
  ['{ inbound.average: { highest: 10 Gbit/s } }', AVERAGE(null, 1_250_000), undefined],
  [
    '{ inbound.average: { highest: 10 Gbit/s } }',
    AVERAGE(null, 1_250_001),
    'inbound.average 10000.008 Mbit/s is above the highest, 10 Gbit/s',
  ],
  ['{ inbound.average: { lowest: 1 Mbit/s } }', AVERAGE(null, 125), undefined],
  [
    '{ inbound.average: { lowest: 1 Mbit/s } }',
    AVERAGE(null, 124),
    'inbound.average 992 kbit/s is below the lowest, 1 Mbit/s',
  ],
  ['{ outbound.average: { highest: 1 Mbit/s } }', AVERAGE(null, 9999), undefined],
  // No limit is above every highest, and below no lowest.
  [
    '{ inbound.average: { highest: 10 Gbit/s } }',
    AVERAGE(125, null),
    'inbound.average unlimited is above the highest, 10 Gbit/s',
  ],
  ['{ inbound.average: { highest: 10 Gbit/s, unlimited: allow } }', AVERAGE(125, null), undefined],
  ['{ inbound.average: { lowest: 1 Mbit/s } }', AVERAGE(125, null), undefined],
  // A burst that is not set is no burst without end.
  ['{ "inbound.*": { factor: 2 } }', { 'inbound.burst': [null, 64] }, undefined],
  ['{ inbound.burst: { highest: 1 MiB } }', { 'inbound.burst': [64, null] }, undefined],
  [
    '{ inbound.burst: { highest: 1 MiB } }',
    { 'inbound.burst': [64, 2048] },
    'inbound.burst 2 MiB is above the highest, 1 MiB',
  ],
  // Factors: as many times is allowed, no limit is beyond all of them.
  ['{ "*.average": { factor: 10 } }', AVERAGE(125, 1250), undefined],
  [
    '{ "*.average": { factor: 10 } }',
    AVERAGE(125, 1251),
    'inbound.average 1 Mbit/s → 10.008 Mbit/s is more than 10 times as much at once',
  ],
  ['{ "*.average": { factor: 10 } }', AVERAGE(1250, 125), undefined],
  [
    '{ "*.average": { factor: 10 } }',
    AVERAGE(1250, 124),
    'inbound.average 10 Mbit/s → 992 kbit/s is more than 10 times less at once',
  ],
  ['{ "*.average": { factor: { up: 2 } } }', AVERAGE(1250, 1), undefined],
  ['{ "*.average": { factor: { down: 2 } } }', AVERAGE(1, 1250), undefined],
  [
    '{ "*.average": { factor: 10 } }',
    AVERAGE(null, 125),
    'inbound.average unlimited → 1 Mbit/s is more than 10 times less at once',
  ],
  [
    '{ "*.average": { factor: 10 } }',
    AVERAGE(125, null),
    'inbound.average 1 Mbit/s → unlimited is more than 10 times as much at once',
  ],
  ['{ "*.average": { factor: 10, unlimited: allow } }', AVERAGE(null, 125), undefined],
  ['{ "*.average": { factor: 10 } }', AVERAGE(null, null), undefined],
])('nic_limits %s of %j: %s', (bound, settings, why) => {
  expect(whyOf('nic_limits', bound, settings as Settings)).toBe(why);
});

it.each([
  // A share of a CPU, whatever the period is.
  [
    'cpu_limits',
    '{ cpu_quota: { highest: 200% } }',
    { 'cpu_quota.quota': [null, 30_000], 'cpu_quota.period': [null, 10_000] },
    'cpu_quota 300% is above the highest, 200%',
  ],
  [
    'cpu_limits',
    '{ cpu_quota: { factor: 2 } }',
    { 'cpu_quota.quota': [10_000, 100_000], 'cpu_quota.period': [10_000, 100_000] },
    undefined,
  ],
  [
    'cpu_limits',
    '{ total: { highest: 400% } }',
    { 'cpu_total.quota': [100_000, null], 'cpu_total.period': [100_000, null] },
    'total unlimited is above the highest, 400%',
  ],
  [
    'cpu_limits',
    '{ cpu_shares: { highest: 1000 } }',
    { cpu_shares: [null, 2000] },
    'cpu_shares 2000 is above the highest, 1000',
  ],
  [
    'memory_limits',
    '{ hard_limit: { lowest: 2 GiB } }',
    { hard_limit: [null, 1_048_576] },
    'hard_limit 1 GiB is below the lowest, 2 GiB',
  ],
  [
    'disk_limits',
    '{ total_bytes_sec: { highest: 100 MB/s } }',
    {
      total_bytes_sec: [null, null],
      read_bytes_sec: [null, 90_000_000],
      write_bytes_sec: [null, 20_000_000],
    },
    'total_bytes_sec 110 MB/s is above the highest, 100 MB/s',
  ],
  // Reads cannot be more than all together.
  [
    'disk_limits',
    '{ read_iops_sec: { highest: 500 } }',
    { total_iops_sec: [null, 400], read_iops_sec: [null, null], write_iops_sec: [null, null] },
    undefined,
  ],
  [
    'disk_limits',
    '{ read_iops_sec: { highest: 500 } }',
    { total_iops_sec: [null, null], read_iops_sec: [null, null], write_iops_sec: [null, 100] },
    'read_iops_sec unlimited is above the highest, 500',
  ],
  [
    'block_limits',
    '{ write_bytes_sec: { highest: 10 MB/s } }',
    { write_bytes_sec: [null, 20_000_000] },
    'write_bytes_sec 20 MB/s is above the highest, 10 MB/s',
  ],
])('%s %s of %j: %s', (module, bound, settings, why) => {
  expect(whyOf(module, bound, settings as unknown as Settings)).toBe(why);
});

it('judges each state by what is asked of it, and says the same of both once', () => {
  const made = policy('- { name: r, limits: { nic_limits: { inbound.average: { highest: 1 Mbit/s } } } }');
  const find = (one: ReturnType<typeof change>) => judgeChanges(made, [one], asking(), new Map()).of.get(one);
  expect(find(change({ settings: AVERAGE(1, 126), sides: ['config'] }))).toHaveLength(1);
  const both = change({ settings: AVERAGE(1, 126) });
  expect(find(both)?.[0]?.why.match(/above/g)).toHaveLength(1);
  const [setting] = both.settings;
  const live = { ...both, settings: [{ ...setting!, desired: { live: 1, config: 126 } }] };
  expect(find(live)?.[0]?.why).toContain('1.008 Mbit/s');
});

it('lets a factor pass up and down alike', () => {
  const number = fc.integer({ min: 1, max: 1_000_000 });
  fc.assert(
    fc.property(number, number, fc.integer({ min: 2, max: 50 }), (a, b, factor) => {
      const bound = `{ "*.average": { factor: ${factor} } }`;
      const beyond = Math.max(a, b) > Math.min(a, b) * factor;
      expect(whyOf('nic_limits', bound, AVERAGE(a, b)) !== undefined).toBe(beyond);
      expect(whyOf('nic_limits', bound, AVERAGE(b, a)) !== undefined).toBe(beyond);
    }),
    { numRuns: 50 },
  );
});
