import { describe, expect, it } from 'vitest';
import { osUser } from '../../../src/api/guard.ts';
import { isBy } from '../../../src/policy/identity.ts';
import { parsed, policy } from './build.ts';

/** What is wrong with two rules: `line message`. */
const found = (first: string, second = 'name: other'): readonly string[] =>
  parsed(`rules:\n- { name: first, ${first} }\n- { ${second} }\n`).diagnostics.map(
    ({ place, severity, message }) => `${place?.line} ${severity} ${message}`,
  );

const NIGHT = '{ zone: Europe/Berlin, from: "22:00", to: "06:00" }';
const LATE = '{ zone: Europe/Berlin, from: "23:00", to: "05:00" }';

describe('a rule that can never hold', () => {
  it.each([
    [`during: ${NIGHT}, not_during: ${NIGHT}`, 'leaves nothing of during'],
    [`during: ${LATE}, not_during: ${NIGHT}`, 'leaves nothing of during'],
    ['by: { user: alice }, not_by: { user: alice }', 'about nobody'],
    ['by: [{ user: alice }, { group: ops }], not_by: [{ user: alice }, { group: ops }]', 'about nobody'],
  ])('is an error with its place: %s', (rule, why) => {
    expect(found(rule)).toEqual([expect.stringMatching(new RegExp(`^2 error the rule .*${why}`))]);
  });

  it.each([
    `during: ${NIGHT}, not_during: ${LATE}`,
    `not_during: ${NIGHT}`,
    'by: { user: alice }, not_by: { user: bob }',
    'by: { group: ops }, not_by: { user: alice }',
    'not_by: { user: alice }',
  ])('is not one that may: %s', (rule) => {
    expect(found(rule)).toEqual([]);
  });
});

describe('two rules', () => {
  const least = 'limits: { nic_limits: { inbound.average: { lowest: 2 Gbit/s } } }';
  const most = 'limits: { nic_limits: { "*.average": { highest: 1 Gbit/s } } }';

  it('that together let nothing be set are an error at the second, with the place of the first', () => {
    expect(found(least, `name: second, ${most}`)).toEqual([
      '3 error rules "second" and "first" (p.yml:2) let nothing be set: the lowest of inbound.average, 2 Gbit/s, is above the highest, 1 Gbit/s',
    ]);
    expect(found(`hosts: edge, ${most}`, `name: second, hosts: edge, ${least}`)).toHaveLength(1);
  });

  it.each([
    ['hosts: edge', 'hosts: compute'],
    ['domain: "web-*"', 'domain: "db-*"'],
    ['effect: warn', 'effect: deny'],
    ['by: { user: alice }', 'not_by: { user: alice }'],
  ])('about other changes are none: %s, %s', (one, other) => {
    expect(found(`${one}, ${least}`, `name: second, ${other}, ${most}`)).toEqual([]);
  });
});

describe('groups of the operating system', () => {
  const rules = policy('- { name: ops, not_by: [{ group: ["ops-*"] }, { user: root-of-all }] }');
  const notBy = rules.rules[0]?.notBy ?? [];

  it('are those of which the user is in one', () => {
    const by = (groups: readonly string[]) =>
      isBy(notBy, [{ kind: 'user', claims: { name: 'alice', groups } }]);
    expect([by(['users', 'ops-net']), by(['users']), by([])]).toEqual([true, false, false]);
    expect(isBy(notBy, [{ kind: 'user', claims: { name: 'root-of-all' } }])).toBe(true);
    expect(isBy(notBy, [{ kind: 'api', claims: { groups: ['ops-net'] } }])).toBe(false);
  });

  it('are asked for only where a rule is about them', () => {
    expect(osUser(null).claims).not.toHaveProperty('groups');
    expect(osUser(policy('- { name: r, by: { user: alice } }')).claims).not.toHaveProperty('groups');
    const { groups } = osUser(rules).claims;
    expect(groups).toBeInstanceOf(Array);
    expect([groups].flat().every((name) => typeof name === 'string' && !/[\0\n]/.test(name))).toBe(true);
    expect(groups).not.toHaveLength(0);
  });
});
