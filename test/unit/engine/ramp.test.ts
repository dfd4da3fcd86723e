import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { subjectId } from '../../../src/engine/merge.ts';
import { planVisit } from '../../../src/engine/plan.ts';
import type { Rate } from '../../../src/facts/bandwidth.ts';
import { type Change, desiredOf, type Ramp } from '../../../src/model/change.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { sweep } from '../../sweep.ts';
import { domain, facts, nic, planned, rate } from '../modules/build.ts';
import { parseRules } from '../modules/of_module.ts';

/** What a task plans for a NIC that receives this much, after a step whose time is not over. */
function plan(rules: string, has: Rate | null, held?: ReadonlyMap<string, Ramp>): Change {
  const { value } = parseYaml(`rules:\n${rules}\n`, 'p.yml');
  const { args, diagnostics } = nicLimits.parse(value);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const given = facts([domain({ live: [nic({ limits: { inbound: has, outbound: null } })] })]);
  const { changes } = planVisit([{ ...planned(args as never), held }], given);
  return (changes[0] as (typeof changes)[number]).change;
}

const rule = (limit: string, step = '80 kbit/s') =>
  `  - { name: slowly, domain: "*", inbound: ${limit}, ramp: { step: ${step}, every: 10m } }`;
const average = (change: Change): unknown => desiredOf(change, 'live')['inbound.average'];
const values = (change: Change): unknown =>
  ['average', 'peak', 'burst'].map((name) => desiredOf(change, 'live')[`inbound.${name}`]);

describe('a rule with a ramp', () => {
  it('goes one step, up and down, and says how many are left', () => {
    const up = plan(rule('400 kbit/s'), rate(10));
    expect([up.status, average(up), up.ramp?.stepsLeft]).toEqual(['pending', 20, 3]);
    expect(up.notes).toEqual([
      'ramp: 3 more steps after this one, each by another run, or every 10m by virtune watch',
    ]);
    expect(average(plan(rule('80 kbit/s'), rate(50)))).toBe(40);
  });

  it('ends at what it wants, and is nothing there', () => {
    const last = plan(rule('400 kbit/s'), rate(45));
    expect([average(last), last.ramp, last.notes]).toEqual([50, undefined, undefined]);
    expect(plan(rule('400 kbit/s'), rate(50)).status).toBe('inSync');
  });

  it('moves all that it sets the same part of the way, the largest by a step', () => {
    const burst = rule('{ average: 800 kbit/s, peak: 1600 kbit/s, burst: 100 KiB }', '160 kbit/s');
    expect(values(plan(burst, rate(20, 40, 20)))).toEqual([30, 60, 30]);
  });

  it('is made at once from no limit, and to none, and says so', () => {
    const [from, to] = [plan(rule('400 kbit/s'), null), plan(rule('unlimited'), rate(50))];
    expect([average(from), average(to)]).toEqual([50, null]);
    for (const { notes } of [from, to]) expect(notes?.[0]).toMatch(/no steps, so it is set at once/);
  });

  it('holds its last step until its time is over, and sets it again where it was undone', () => {
    const first = plan(rule('400 kbit/s'), rate(10));
    const held = new Map([[subjectId(first), first.ramp!]]);
    const at = (has: number) => plan(rule('400 kbit/s'), rate(has), held);
    expect([at(20).status, average(at(20))]).toEqual(['inSync', 20]);
    expect([at(12).status, average(at(12))]).toEqual(['pending', 20]);
    // Another limit is another way.
    expect(average(plan(rule('80 kbit/s'), rate(20), held))).toBe(10);
  });

  it('leaves what a later rule sets to that', () => {
    const both = `${rule('400 kbit/s')}\n  - { domain: "*", inbound: 800 kbit/s }`;
    expect(average(plan(both, rate(10)))).toBe(100);
  });

  it('is refused where its step is an amount of nothing that it sets', () => {
    const { args } = parseRules(
      nicLimits,
      '- { domain: x, inbound: 1 Mbit/s, ramp: { step: 8 KiB, every: 1m } }',
    );
    expect(args).not.toBeNull();
    const change = plan(rule('400 kbit/s', '8 KiB'), rate(10));
    expect([change.status, change.steps]).toEqual(['refused', []]);
    expect(change.reason).toContain('goes in steps of 8 KiB, which is no amount of anything that it sets');
  });

  it('always arrives, never moves by more than a step, and never past its end', () => {
    const number = fc.integer({ min: 1, max: 100_000 });
    fc.assert(
      fc.property(number, number, fc.integer({ min: 500, max: 50_000 }), (from, to, step) => {
        let now = from;
        for (let count = Math.ceil(Math.abs(to - from) / step); now !== to; count--) {
          expect(count).toBeGreaterThan(0);
          const next = average(plan(rule(String(to), String(step)), rate(now))) as number;
          expect(Math.abs(next - now)).toBeLessThanOrEqual(step);
          expect(Math.sign(to - now)).toBe(Math.sign(next - now));
          expect(Math.abs(to - next)).toBeLessThan(Math.abs(to - now));
          now = next;
        }
      }),
      sweep(20, 4),
    );
  });
});

it.each(MODULES.map((module) => [module.name, module] as const))('%s checks its ramp', (name, module) => {
  const sets: Readonly<Record<string, string>> = {
    nic_limits: 'rate: 1 Mbit/s',
    disk_limits: 'total_iops_sec: 500',
    block_limits: 'device: /dev/sda, read_iops_sec: 500',
    cpu_limits: 'cpu_quota: 50%',
    memory_limits: 'soft_limit: 90% of memory',
  };
  const said = (ramp: string) => parseRules(module, `- { domain: x, ${sets[name]}, ramp: ${ramp} }`).said;
  expect(said('{ step: 100, every: 30s }')).toEqual([]);
  expect(said('{ step: fast, every: 30s }')).toEqual([expect.stringMatching(/^2:\d+ error ramp: .*"fast"/)]);
  expect(said('{ step: 100 }')).toEqual([expect.stringMatching(/ error .*lacks the key "every"/)]);
  expect(said('{ step: 100, every: 10 minutes }')).toEqual([
    expect.stringMatching(/ error .*a time such as 30s, 10m or 2h/),
  ]);
});
