import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import { findingText, judgeChanges } from '../../../src/policy/judge.ts';
import type { Asking, Policy } from '../../../src/policy/policy.ts';
import { noteLetThrough, type Tally } from '../../../src/policy/tally.ts';
import { asking, change, policy } from './build.ts';

function names(rules: string, one: Change, over: Partial<Asking> = {}): readonly string[] {
  const { of } = judgeChanges(policy(rules), [one], asking(over), new Map());
  return (of.get(one) ?? []).map(({ rule }) => rule.name);
}

const NOVA = {
  name: 'web',
  flavor: 'm1',
  project: { name: 'prod', uuid: 'p-1' },
  user: { name: 'u', uuid: 'u-1' },
};
const GITHUB = { kind: 'github', claims: { repository: 'org/fleet', ref: 'refs/heads/main' } } as const;
const USER = { kind: 'user', claims: { name: 'alice' } } as const;

describe('a rule is about', () => {
  it.each([
    ['', change(), true],
    ['hosts: compute', change(), true],
    ['hosts: edge', change(), false],
    ['hosts: "compute,!hv1"', change(), false],
    ['domain: "web-*"', change(), true],
    ['domain: "db-*"', change(), false],
    ['domain: ["web-*", "!web-1"]', change(), false],
    ['domain: uuid-of-web-1', change(), true],
    ['match: { state: running }', change(), true],
    ['match: { state: shut off }', change(), false],
    ['match: { persistent: false }', change(), false],
    ['match: { title: "pro*" }', change({ domain: { title: 'prod' } }), true],
    ['match: { title: "pro*" }', change(), false],
    ['match: { nova: { project: prod } }', change({ domain: { nova: NOVA } }), true],
    ['match: { nova: { project: p-1 } }', change({ domain: { nova: NOVA } }), true],
    ['match: { nova: { project: test } }', change({ domain: { nova: NOVA } }), false],
    ['match: { nova: { project: prod } }', change({ domain: { nova: null } }), false],
    // What was not read may be what the rule is about.
    ['match: { nova: { project: test } }', change(), true],
    ['match: { nova: { project: test }, state: paused }', change(), false],
    ['module: cpu_limits', change(), false],
    ['module: [cpu_limits, nic_limits]', change(), true],
    ['when: "\'compute\' in groups"', change(), true],
    ['when: ["host == \'hv1\'", "domain.name is match(\'web-\')"]', change(), true],
    ['when: desired["inbound.average"] == 25000 and before["inbound.average"] == 12500', change(), true],
    ['when: subject.kind == "disk"', change(), false],
    ['when: identity.user.name == "bob"', change(), false],
    ['when: run.check', change(), false],
    // What cannot be told counts as met.
    ['when: identity.github.repository == "x"', change(), true],
    // A name is a text, and no template.
    ['when: domain.name == "{{ host }}"', change({ vm: '{{ 1 / 0 }}' }), false],
  ])('%s: %#', (keys, one, expected) => {
    expect(
      names(`- { name: r${keys && `, ${keys}`} }`.replace(/when: (?!["[])(.*) }$/, "when: '$1' }"), one),
    ).toEqual(expected ? ['r'] : []);
  });

  it('what either state is to have, with what it had', () => {
    const setting = { name: 'inbound.average', unit: 'kB/s' };
    const of = (desired: object, live: number | null, config: number | null): Change => ({
      ...change(),
      settings: [{ ...setting, desired, live, config }],
    });
    const more = `- { name: r, when: 'desired["inbound.average"] > 30000' }`;
    expect(names(more, of({ live: 25_000, config: 40_000 }, null, null))).toEqual(['r']);
    expect(names(more, of({ live: 40_000, config: 25_000 }, null, null))).toEqual(['r']);
    expect(names(more, of({ live: 25_000, config: 30_000 }, null, null))).toEqual([]);
    const tenfold = `- { name: r, when: 'desired["inbound.average"] >= 10 * before["inbound.average"]' }`;
    expect(names(tenfold, of({ config: 50_000 }, 50_000, 100))).toEqual(['r']);
    expect(names(tenfold, of({ live: 50_000 }, 50_000, 100))).toEqual([]);
    expect(names(tenfold, of({ live: 50_000, config: 50_000 }, 50_000, 50_000))).toEqual([]);
  });

  it.each([
    ['by: { user: alice }', [USER], true],
    ['by: { user: "a*" }', [USER], true],
    ['by: { user: bob }', [USER], false],
    ['not_by: { user: bob }', [USER], true],
    ['not_by: [{ user: bob }, { user: alice }]', [USER], false],
    ['by: { github: { repository: "org/*" } }', [USER, GITHUB], true],
    ['by: { github: { repository: "org/*", ref: refs/heads/dev } }', [USER, GITHUB], false],
    ['by: { github: { environment: prod } }', [USER, GITHUB], false],
    ['not_by: { github: { repository: org/fleet } }', [USER], true],
    ['not_by: { gitlab: { project_path: org/fleet } }', [USER, GITHUB], true],
    ['by: { api: { role: admin } }', [{ kind: 'api', claims: { role: ['x', 'admin'] } }], true],
    ['by: { github: { toString: "*" } }', [GITHUB], false],
  ] as const)('%s of %j: %s', (keys, identities, expected) => {
    expect(names(`- { name: r, ${keys} }`, change(), { identities })).toEqual(expected ? ['r'] : []);
  });

  it.each([
    ['during: { zone: UTC, from: "11:00", to: "13:00" }', true],
    ['during: { zone: UTC, days: sun }', false],
    ['not_during: { zone: UTC, days: sun }', true],
    ['not_during: [{ zone: UTC, days: sun }, { zone: UTC, days: wed }]', false],
  ])('%s: %s', (keys, expected) => {
    expect(names(`- { name: r, ${keys} }`, change())).toEqual(expected ? ['r'] : []);
  });
});

it('judges nothing that writes nothing', () => {
  expect(names('- { name: r }', { ...change(), steps: [], status: 'inSync' })).toEqual([]);
});

it('names the rule with its place, and what was asked', () => {
  const rules = policy(
    '- name: not so fast\n  limits: { nic_limits: { inbound.average: { highest: 100 Mbit/s } } }',
  );
  const one = change();
  const [finding] = judgeChanges(rules, [one], asking(), new Map()).of.get(one) ?? [];
  expect(findingText(finding!)).toBe(
    'policy rule "not so fast" (p.yml:2): inbound.average 200 Mbit/s is above the highest, 100 Mbit/s',
  );
});

it.each([
  ['not_by: { user: bob }', 'the run is by user alice and github org/fleet'],
  ['not_during: { zone: Europe/Berlin, from: "22:00", to: "06:00" }', 'it is Wed 13:00 (Europe/Berlin)'],
  ['match: { nova: { project: x } }', 'what Nova says of the VM was not read'],
  ['domain: "web-*"', ''],
])('says what makes %s hold', (keys, why) => {
  const one = change();
  const { of } = judgeChanges(
    policy(`- { name: r, ${keys} }`),
    [one],
    asking({ identities: [USER, GITHUB] }),
    new Map(),
  );
  expect(of.get(one)?.[0]?.why).toBe(why);
});

describe('totals of a run', () => {
  const many = [1, 2, 3, 4].flatMap((host) =>
    ['a', 'b'].flatMap((vm) =>
      ['x', 'y'].map((key) => change({ host: `hv${host}`, vm: `${vm}${host}`, key })),
    ),
  );
  const found = (bound: string, changes: readonly Change[], tally: Tally = new Map()) =>
    judgeChanges(policy(`- { name: r, hosts: compute, in_one_run: { ${bound} } }`), changes, asking(), tally)
      .of;

  it.each([
    ['subjects: 16', 0, undefined],
    ['subjects: 15', 16, 'the run would change 16 subjects, more than 15'],
    ['vms: 8', 0, undefined],
    ['vms: 7', 16, 'the run would change 8 VMs, more than 7'],
    ['hosts: 4', 0, undefined],
    ['hosts: 3', 16, 'the run would change 4 hosts, more than 3'],
    ['share: 50%', 0, undefined],
    ['share: 49.9%', 16, 'the run would change 4 of 8 hosts, more than 49.9%'],
  ])('%s: %i of 16 changes', (bound, count, why) => {
    const findings = found(bound, many);
    expect(findings.size).toBe(count);
    expect(findings.get(many[0]!)?.[0]?.why).toBe(why);
  });

  it('let one host be changed, however small a share is', () => {
    expect([found('share: 1%', many.slice(0, 4)).size, found('share: 1%', many.slice(0, 8)).size]).toEqual([
      0, 8,
    ]);
  });

  it('hold over batches, count what comes again once, and nothing that the rule does not name', () => {
    const rules = policy('- { name: r, hosts: compute, in_one_run: { vms: 4 } }');
    const tally: Tally = new Map();
    const judge = (changes: readonly Change[]) => {
      const { of, named } = judgeChanges(rules, changes, asking(), tally);
      for (const [rule, own] of named)
        noteLetThrough(
          tally,
          rule,
          own.filter((one) => !of.has(one)),
        );
      return of.size;
    };
    expect(judge(many.slice(0, 4))).toBe(0);
    expect(judge(many.slice(0, 4))).toBe(0);
    expect(judge([change({ host: 'edge1', vm: 'e1' }), change({ host: 'edge1', vm: 'e2' })])).toBe(0);
    expect(judge(many.slice(4, 8))).toBe(0);
    expect(judge(many.slice(8, 12))).toBe(4);
    // What was refused was not made.
    expect(judge(many.slice(0, 8))).toBe(0);
  });

  it('count nothing that is refused for what it is', () => {
    const rules = policy('- { name: few, in_one_run: { vms: 6 } }\n- { name: none of a, domain: "a*" }');
    const { of } = judgeChanges(rules, many, asking(), new Map());
    expect(many.filter((one) => of.has(one)).every(({ domain }) => domain.name.startsWith('a'))).toBe(true);
  });
});

describe('whatever the rules are', () => {
  const RULES = [
    'effect: deny, domain: "web-*"',
    'effect: warn, hosts: edge',
    'effect: confirm, domain: "db-*"',
    'effect: warn',
    'effect: deny, limits: { nic_limits: { "*.average": { factor: 3 } } }',
    'effect: confirm, in_one_run: { vms: 3 }',
    'effect: deny, in_one_run: { hosts: 2 }',
    'effect: deny, when: "desired[\'inbound.average\'] > 30000"',
    'effect: warn, not_by: { user: alice }',
  ];
  const rules = fc.shuffledSubarray(
    RULES.map((keys, index) => `- { name: r${index}, ${keys} }`),
    { minLength: 1 },
  );
  const changes = fc.array(
    fc.record({
      host: fc.constantFrom('hv1', 'hv2', 'hv3', 'edge1'),
      vm: fc.constantFrom('web-1', 'web-2', 'db-1', 'x'),
      desired: fc.integer({ min: 1, max: 50_000 }),
      steps: fc.boolean(),
    }),
  );
  const made = (
    given: readonly { host: string; vm: string; desired: number; steps: boolean }[],
  ): readonly Change[] =>
    given.map(({ host, vm, desired, steps }, index) => {
      const one = change({
        host,
        vm,
        key: String(index),
        settings: { 'inbound.average': [12_500, desired] },
      });
      return steps ? one : { ...one, steps: [], status: 'inSync' };
    });
  const said = (rules: Policy, all: readonly Change[]) => {
    const { of } = judgeChanges(rules, all, asking(), new Map());
    return all.map((one) => (of.get(one) ?? []).map(({ rule, why }) => `${rule.name} ${why}`).sort());
  };

  it('their order says nothing, and no change is judged that is not there or writes nothing', () => {
    fc.assert(
      fc.property(rules, fc.integer(), changes, (lines, seed, given) => {
        const all = made(given);
        const turned = [...lines].sort((a, b) => (seed % 2 === 0 ? a.localeCompare(b) : b.localeCompare(a)));
        const first = policy(lines.join('\n'));
        expect(said(first, all)).toEqual(said(policy(turned.join('\n')), all));
        for (const one of judgeChanges(first, all, asking(), new Map()).of.keys()) {
          expect(all).toContain(one);
          expect(one.steps.length).toBeGreaterThan(0);
        }
      }),
      { numRuns: 60 },
    );
  });
});
