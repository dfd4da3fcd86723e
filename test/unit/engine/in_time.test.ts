import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planVisit } from '../../../src/engine/plan.ts';
import { type Change, desiredOf } from '../../../src/model/change.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { MODULES } from '../../../src/modules/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { sweep } from '../../sweep.ts';
import { domain, facts, nic, planned, rate } from '../modules/build.ts';
import { parseRules } from '../modules/of_module.ts';

const UNTIL = '2026-12-01 06:00 Europe/Berlin';
const BEFORE = Date.parse('2026-12-01T04:59:59Z');
const AFTER = Date.parse('2026-12-01T05:00:00Z');
const NIGHT = '{ zone: Europe/Berlin, from: "22:00", to: "06:00" }';

/** What a task plans for a NIC with these limits, at a time. */
function at(now: number, task: string, has: { inbound?: number; outbound?: number } = {}): Change {
  const { value } = parseYaml(task, 'p.yml');
  const { args, diagnostics } = nicLimits.parse(value);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const limits = {
    inbound: has.inbound === undefined ? null : rate(has.inbound),
    outbound: has.outbound === undefined ? null : rate(has.outbound),
  };
  const given = facts([domain({ live: [nic({ limits })] })]);
  const { changes } = planVisit([{ ...planned(args as never), listAll: true, now }], given);
  expect(changes).toHaveLength(1);
  return (changes[0] as (typeof changes)[number]).change;
}

const inbound = (change: Change): unknown => desiredOf(change, 'live')['inbound.average'];
const BASE = '  - { name: base, domain: "*", inbound: 800 kbit/s }';
const task = (...rules: string[]): string => `rules:\n${rules.join('\n')}\n`;
const RAISED = `  - { name: raised, domain: "*", inbound: 8 Mbit/s, until: ${UNTIL} }`;

describe('a rule with until', () => {
  it('holds before it, and the rule beneath from then on', () => {
    expect(inbound(at(BEFORE, task(BASE, RAISED)))).toBe(1000);
    expect(inbound(at(AFTER, task(BASE, RAISED)))).toBe(100);
  });

  it('says what comes after it, and by which rule', () => {
    const { next, rules } = at(BEFORE, task(BASE, RAISED));
    expect(rules.map(({ name }) => name)).toEqual(['base', 'raised']);
    expect(next).toMatchObject({ at: '2026-12-01T05:00:00.000Z', zone: 'Europe/Berlin' });
    expect(next?.desired.live['inbound.average']).toBe(100);
    expect(next?.rules.map(({ name }) => name)).toEqual(['base']);
    expect(next?.text).toBe(
      'until 2026-12-01 06:00 Europe/Berlin, then receives 800 kbit/s by rule "base" (p.yml:2)',
    );
    expect(at(AFTER, task(BASE, RAISED)).next).toBeUndefined();
  });

  it('says nothing where the same comes after it', () => {
    const same = task(BASE, RAISED.replace('8 Mbit/s', '800 kbit/s'));
    expect(at(BEFORE, same).next).toBeUndefined();
  });

  it('takes its limits away where it says so and no rule is beneath', () => {
    const only = task(RAISED.replace(' }', ', otherwise: unlimited }'));
    expect(at(BEFORE, only, { inbound: 5 })).toMatchObject({ status: 'pending' });
    expect(at(BEFORE, only).next?.text).toContain('then receives unlimited by rule "raised"');
    const after = at(AFTER, only, { inbound: 1000, outbound: 7 });
    expect([after.status, inbound(after)]).toEqual(['pending', null]);
    // The other direction is nobody's.
    expect(desiredOf(after, 'live')).not.toHaveProperty('outbound.average');
    expect(at(AFTER, only, { outbound: 7 }).status).toBe('inSync');
  });

  it('lets its limits stay where it says so, and tells', () => {
    const only = task(RAISED.replace(' }', ', otherwise: leave }'));
    expect(at(BEFORE, only, { inbound: 5 }).next?.text).toBe(
      'until 2026-12-01 06:00 Europe/Berlin, and nothing changes it then',
    );
    const after = at(AFTER, only, { inbound: 1000 });
    expect([after.status, after.steps, after.rules]).toEqual(['inSync', [], []]);
  });

  it('leaves what is beneath alone by otherwise: unlimited', () => {
    const both = task(BASE, RAISED.replace(' }', ', otherwise: unlimited }'));
    expect(inbound(at(AFTER, both))).toBe(100);
  });

  it('is followed by what unmatched says', () => {
    const only = task(RAISED, 'unmatched: unlimited');
    expect(inbound(at(BEFORE, only))).toBe(1000);
    // A rule names it now: the other direction is left alone.
    expect(desiredOf(at(BEFORE, only), 'live')).not.toHaveProperty('outbound.average');
    expect(inbound(at(AFTER, only))).toBeNull();
    expect(desiredOf(at(AFTER, only), 'live')['outbound.average']).toBeNull();
  });

  it('is refused by itself where nothing says what comes after it on this NIC', () => {
    const other = '  - { name: other, domain: "*", match: { title: "nobody*" }, inbound: 800 kbit/s }';
    const change = at(BEFORE, task(other, RAISED));
    expect(change).toMatchObject({ status: 'refused', steps: [] });
    expect(change.reason).toBe(
      'rule "raised" (p.yml:3) holds until 2026-12-01 06:00 Europe/Berlin only, and nothing says what inbound.average is to be otherwise: put a rule without times before it, or add otherwise: unlimited (or otherwise: leave, which lets its limits stay); nothing was written',
    );
    // It is over: there is nothing that it could leave behind.
    expect(at(AFTER, task(other, RAISED)).status).toBe('inSync');
  });
});

describe('weekly windows', () => {
  const night = (more = '') => `  - { name: night, domain: "*", inbound: 8 Mbit/s, during: ${NIGHT}${more} }`;
  it.each([
    ['2026-11-30T20:59:59Z', 100, '2026-11-30T21:00:00.000Z'],
    ['2026-11-30T21:00:00Z', 1000, '2026-12-01T05:00:00.000Z'],
    ['2026-12-01T05:00:00Z', 100, '2026-12-01T21:00:00.000Z'],
    // The night in which the clock is put forward is an hour shorter, the other one an hour longer.
    ['2026-03-28T21:00:00Z', 1000, '2026-03-29T04:00:00.000Z'],
    ['2026-10-24T20:00:00Z', 1000, '2026-10-25T05:00:00.000Z'],
  ])('at %s: %d, until %s', (now, expected, next) => {
    const change = at(Date.parse(now), task(BASE, night()));
    expect([inbound(change), change.next?.at]).toEqual([expected, next]);
  });

  it('of two rules may leave no gap, and then need no rule beneath', () => {
    const day = `  - { name: day, domain: "*", inbound: 800 kbit/s, not_during: ${NIGHT} }`;
    expect(inbound(at(BEFORE, task(night(), day)))).toBe(1000);
    expect(inbound(at(AFTER, task(night(), day)))).toBe(100);
    const late = day.replace('06:00', '07:00');
    expect(at(BEFORE, task(night(), late)).status).toBe('refused');
  });

  it('that will open are told of what no rule names now', () => {
    const change = at(AFTER, task(night(', otherwise: leave')), { inbound: 3 });
    expect([change.status, change.next?.text]).toEqual([
      'inSync',
      'from 2026-12-01 22:00 Europe/Berlin on: receives 8 Mbit/s by rule "night" (p.yml:2)',
    ]);
  });

  it('and until hold together', () => {
    const both = night(`, until: ${UNTIL}`);
    expect(at(BEFORE, task(BASE, both)).next?.at).toBe('2026-12-01T05:00:00.000Z');
    expect(at(Date.parse('2026-12-01T22:00:00Z'), task(BASE, both))).not.toHaveProperty('next');
  });

  it('change what they say, and at that very moment, whatever the clock does', () => {
    const start = fc.integer({ min: Date.UTC(2026, 0, 1), max: Date.UTC(2027, 0, 1) });
    const hour = fc.integer({ min: 0, max: 23 }).map((one) => `${String(one).padStart(2, '0')}:30`);
    const zone = fc.constantFrom('Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'UTC');
    fc.assert(
      fc.property(start, hour, hour, zone, (now, from, to, zone) => {
        fc.pre(from !== to);
        const rule = `  - { name: n, domain: "*", inbound: 8 Mbit/s, during: { zone: ${zone}, from: "${from}", to: "${to}" } }`;
        const change = at(now, task(BASE, rule));
        const next = Date.parse(change.next?.at ?? '');
        expect(next).toBeGreaterThan(now);
        expect(inbound(at(next - 1, task(BASE, rule)))).toBe(inbound(change));
        expect(inbound(at(next, task(BASE, rule)))).not.toBe(inbound(change));
      }),
      sweep(60, 4),
    );
  });
});

describe('rules of every module', () => {
  const SETS: Readonly<Record<string, string>> = {
    nic_limits: 'rate: 1 Mbit/s',
    disk_limits: 'total_iops_sec: 500',
    block_limits: 'device: /dev/sda, read_iops_sec: 500',
    cpu_limits: 'cpu_quota: 50%',
    memory_limits: 'soft_limit: 90% of memory',
  };
  const said = (module: (typeof MODULES)[number], more: string): readonly string[] =>
    parseRules(module, `- { domain: x, ${SETS[module.name]}${more} }`).said;

  it.each(MODULES.map((module) => [module.name, module] as const))('%s', (_, module) => {
    expect(said(module, `, until: ${UNTIL}, otherwise: unlimited`)).toEqual([]);
    expect(said(module, `, during: ${NIGHT}, not_during: [${NIGHT}], otherwise: leave`)).toEqual([]);
    expect(said(module, `, until: ${UNTIL}`)).toEqual([
      expect.stringMatching(/^2:5 error .*until 2026-12-01 06:00 Europe\/Berlin only, and nothing says what/),
    ]);
    const wrong = (more: string) => said(module, more)[0]?.replace(/^2:\d+ /, '') ?? '';
    expect(wrong(', until: 2026-12-01 06:00')).toMatch(/^error "2026-12-01 06:00" has no zone; .*Berlin/);
    expect(wrong(', until: soon')).toMatch(/^error .*"until" must be a date such as .*, found "soon"/);
    expect(wrong(', until: 2026-02-30')).toMatch(/^error "2026-02-30" is no time/);
    expect(wrong(', during: { from: "22:00" }')).toMatch(/^error .*"during" lacks the key "zone"/);
    expect(wrong(', during: { zone: Europe/Berln }')).toMatch(/^error "Europe\/Berln" is no time zone/);
    expect(wrong(', during: { zone: UTC, from: "04:00", to: "04:00" }')).toMatch(
      /^error the window is empty/,
    );
    expect(wrong(', otherwise: leave')).toMatch(/^error otherwise says what .* and this one has none/);
    expect(wrong(`, until: ${UNTIL}, otherwise: later`)).toMatch(/^error .*unlimited.*leave/);
  });

  it('say where it is wrong', () => {
    const [line] = said(nicLimits as never, ', until: 2026-12-01 06:00');
    expect(line).toMatch(/^2:4\d error /);
  });

  it('cannot give up what can only be set to something else', () => {
    const { args } = parseRules(
      cpuLimits,
      `- { domain: x, cpu_shares: 50, until: ${UNTIL}, otherwise: unlimited }`,
    );
    expect(args).not.toBeNull();
  });

  it('that hold for a while replace no other rule for good', () => {
    const rules = `- { domain: x, rate: 1 Mbit/s }\n- { domain: x, rate: 2 Mbit/s, until: ${UNTIL} }`;
    expect(parseRules(nicLimits, rules).said).toEqual([]);
    expect(parseRules(nicLimits, rules.replace(`, until: ${UNTIL}`, '')).said).toHaveLength(1);
  });
});
