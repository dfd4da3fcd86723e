import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DIRECTIONS } from '../../../src/facts/bandwidth.ts';
import type { Domain } from '../../../src/model/facts.ts';
import { domainNics } from '../../../src/modules/nic_limits/domain_nic.ts';
import { SIDES } from '../../../src/modules/nic_limits/item.ts';
import { nicMatches } from '../../../src/modules/nic_limits/match.ts';
import type { Rule } from '../../../src/modules/nic_limits/rule.ts';
import { appliesTo, shadowedRules } from '../../../src/modules/nic_limits/shadow.ts';
import { selectsDomain } from '../../../src/modules/selectors/match.ts';
import { sweep } from '../../sweep.ts';
import { args, domain, facts, nic, planHost, rate, rule } from './build.ts';

/** A world with a VM for every combination that the selectors below can tell apart. */
const UUIDS = ['11111111-1111-1111-1111-111111111111', '22222222-2222-2222-2222-222222222222'];
const NAMES = ['web-01', 'web-02', 'web-1', 'web-', 'db-1', '', 'x', UUIDS[0]!, 'web-[1]'];
const NOVAS = [
  null,
  ...['a', 'ab', ''].flatMap((flavor) => ['p', UUIDS[1]!].map((project) => ({ flavor, project }))),
];

const world: Domain[] = NAMES.flatMap((name, n) =>
  (['running', 'paused'] as const).flatMap((state, s) =>
    NOVAS.map((nova, k) =>
      domain({
        uuid:
          n < 2 && s === 0 && k === 0
            ? UUIDS[n]!
            : `00000000-0000-0000-0000-${String(n * 100 + s * 10 + k).padStart(12, '0')}`,
        name,
        title: nova?.flavor ?? 'title',
        state,
        nova:
          nova === null
            ? null
            : {
                name,
                flavor: nova.flavor,
                project: { name: 'p', uuid: nova.project },
                user: { name: 'u', uuid: nova.project },
              },
        live: [
          nic({ source: { bridge: 'br0', network: '', portgroup: '', dev: '' } }),
          nic({
            mac: '52:54:00:00:00:02',
            model: 'e1000',
            source: { bridge: 'br1', network: '', portgroup: '', dev: '' },
          }),
        ],
        ...(k % 2 === 0 ? {} : { config: null, persistent: false }),
      }),
    ),
  ),
);
const nics = world.flatMap((one) => domainNics(one, []));

const word = fc.constantFrom(
  '*',
  '**',
  'web-*',
  'web-0*',
  'web-01',
  'web-02',
  'w?b-*',
  '[wd]*',
  '*1',
  'db-1',
  'x',
  '',
  'web-[*',
  'web-[1]',
  ...UUIDS,
  `1*`,
);
const maybe = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined, freq: 2 });
const glob = fc.constantFrom('*', 'a', 'a*', 'ab', 'p', '2*', UUIDS[1]!);

/** Without the keys that are undefined: that is how rules come. */
function bare<T extends object>(value: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(value).filter(([, v]) => v !== undefined)) as never;
}

const limit = fc.constantFrom(null, rate(1), rate(2));
const fullRule: fc.Arbitrary<Rule> = fc
  .record({
    domain: fc.option(
      fc.record({
        include: fc.array(word, { maxLength: 2 }),
        exclude: fc.array(word, { maxLength: 1 }),
        literal: fc.constant(false),
      }),
    ),
    match: fc
      .record({
        state: maybe(fc.subarray(['running' as const, 'paused' as const], { minLength: 1 })),
        persistent: maybe(fc.boolean()),
        title: maybe(glob),
        nova: maybe(
          fc
            .record({ name: maybe(word), flavor: maybe(glob), project: maybe(glob), user: maybe(glob) })
            .map(bare),
        ),
      })
      .map(bare),
    nic: fc
      .record({
        positions: maybe(fc.subarray([1, 2, 3], { minLength: 1 })),
        mac: maybe(fc.constantFrom('52:54:00:00:00:01', '52:54:00:00:00:02')),
        bridge: maybe(fc.constantFrom('br0', 'br1')),
        model: maybe(fc.constantFrom('virtio', 'e1000')),
      })
      .map(bare),
    limits: fc.record({ inbound: maybe(limit), outbound: maybe(limit) }).map(bare),
    applyTo: fc.constantFrom('both' as const, 'both' as const, 'live' as const, 'config' as const),
  })
  .map((over) => rule(over as Partial<Rule>));

/** Most have one kind of selector: only then one rule often covers another one. */
const anyRule = fc
  .tuple(fullRule, fc.constantFrom('all', 'domain', 'domain', 'nova', 'nic'))
  .map(([full, keep]) => {
    if (keep === 'all') return full;
    const { nova } = full.match;
    const match = keep === 'nova' && nova !== undefined ? { nova } : {};
    return {
      ...full,
      domain: keep === 'domain' ? full.domain : null,
      match,
      nic: keep === 'nic' ? full.nic : {},
    };
  });

/** Rules that are often narrowed copies of each other: independent ones seldom cover one another. */
const someRules: fc.Arbitrary<Rule[]> = fc.array(anyRule, { minLength: 1, maxLength: 3 }).chain((rules) =>
  fc
    .array(
      fc.tuple(
        fc.nat(rules.length - 1),
        anyRule,
        fc.subarray(['domain', 'match', 'nic', 'applyTo'] as const),
      ),
      { maxLength: 2 },
    )
    .map((copies) => [
      ...copies.map(([from, other, keys]) => ({
        ...rules[from]!,
        limits: other.limits,
        ...Object.fromEntries(keys.map((key) => [key, other[key]])),
      })),
      ...rules,
    ]),
);

/** Whether a rule decides anything on any NIC of the world. */
function wins(rules: readonly Rule[], index: number): boolean {
  return nics.some((nic) => {
    const hits = rules.map((one) => selectsDomain(one, nic.domain) && nicMatches(one.nic, nic));
    return DIRECTIONS.some((direction) =>
      SIDES.some(
        (side) =>
          rules.findLastIndex(
            (one, i) => hits[i] && one.limits[direction] !== undefined && appliesTo(one, side),
          ) === index,
      ),
    );
  });
}

describe('advice that a rule can never win', { timeout: 60_000 }, () => {
  it('never speaks of one that decides anything', () => {
    const runs = sweep(4000);
    let said = 0;
    fc.assert(
      fc.property(someRules, (rules) => {
        for (const { index } of shadowedRules(rules)) {
          said++;
          expect(wins(rules, index)).toBe(false);
        }
      }),
      runs,
    );
    // Else the property would say nothing.
    expect(said).toBeGreaterThan(runs.numRuns / 20);
  });

  it('means that the plan is the same without it', () => {
    fc.assert(
      fc.property(someRules, (rules) => {
        const [first] = shadowedRules(rules);
        if (first === undefined) return;
        const wanted = (list: readonly Rule[]) =>
          planHost(args(list), facts(world.slice(0, 40))).items.map(({ wanted: w, nic }) => [
            nic.domain.uuid,
            nic.mac,
            w,
          ]);
        expect(wanted(rules.filter((_, i) => i !== first.index))).toEqual(wanted(rules));
      }),
      sweep(500),
    );
  });
});
