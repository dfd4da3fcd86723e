import { expect, it } from 'vitest';
import { runCase } from '../../../src/policy/cases.ts';
import { parseCases } from '../../../src/policy/parse_cases.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { FLEET, policy } from './build.ts';

const parse = (text: string) => parseCases(parseYaml(text, 't.yml').value, 't.yml');

const RULES = `
- { name: hands off, domain: "db-*" }
- { name: mind it, effect: confirm, hosts: edge }
- { name: look, effect: warn, not_by: { user: alice } }
- { name: too much, limits: { nic_limits: { inbound.average: { highest: 1 Gbit/s, factor: 10 } } } }
- { name: nova, match: { nova: { project: prod } } }`;

function problems(oneCase: string, rules = RULES): readonly string[] {
  const { cases, diagnostics } = parse(`policy: p.yml\ncases:\n- { name: c, ${oneCase} }`);
  if (cases === null) throw new Error(diagnostics[0]?.message);
  const [one] = cases.cases;
  const changes = one!.changes as Exclude<typeof one, undefined>['changes'] & readonly never[];
  const groupsOf = (host: string) => FLEET.hosts.get(host)?.groups ?? [];
  return runCase(policy(rules), one!, changes, groupsOf).problems.map(
    ({ message, place }) => `${place?.line} ${message}`,
  );
}

const WEB = '{ host: hv1, domain: web-1, module: nic_limits, desired: { inbound.average: 1 Mbit/s } }';
const DB = '{ host: hv1, domain: db-1, module: nic_limits, desired: {} }';
const EDGE = '{ host: edge1, domain: web-1, module: nic_limits, desired: {} }';
const FAST =
  '{ host: hv1, domain: web-2, module: nic_limits, before: { inbound.average: 1 Mbit/s }, desired: { inbound.average: unlimited } }';
const NOVA =
  '{ host: hv1, domain: x, module: cpu_limits, nova: { project: prod }, desired: { cpu_quota.quota: 50000 } }';
const ALICE = 'identity: { user: alice }';

it.each([
  [`${ALICE}, changes: [${DB}], expect: [{ verdict: deny }]`, []],
  [`${ALICE}, changes: [${DB}], expect: [{ verdict: deny, rule: hands off }]`, []],
  [
    `${ALICE}, changes: [${DB}], expect: [{ verdict: deny, rule: mind it }]`,
    ['3 c: db-1 nic 1 on hv1: expected deny by "mind it", found deny by "hands off"'],
  ],
  [`${ALICE}, changes: [${EDGE}], expect: [{ verdict: confirm }]`, []],
  [
    `changes: [${EDGE}], expect: [{ host: "edge*", domain: "web-*", module: nic_limits, verdict: confirm }]`,
    [],
  ],
  [
    `changes: [${DB}, ${EDGE}], expect: [{ domain: "db-*", verdict: deny }, { host: edge1, verdict: confirm }]`,
    [],
  ],
  [
    `${ALICE}, changes: [${DB}], expect: [{ verdict: pass }]`,
    ['3 c: db-1 nic 1 on hv1: expected pass, found deny by "hands off"'],
  ],
  // What no entry names must pass.
  [
    `changes: [${DB}, ${EDGE}], expect: [{ domain: "db-*", verdict: deny }]`,
    ['3 c: web-1 nic 1 on edge1: expected pass, found confirm by "mind it"'],
  ],
  [
    `${ALICE}, changes: [${DB}], expect: [{ verdict: deny }, { domain: web-1, verdict: pass }]`,
    ['3 c: it names no change'],
  ],
  // Of all that were found, the gravest counts.
  [`changes: [${FAST}], expect: [{ verdict: deny, rule: too much }]`, []],
  [`${ALICE}, changes: [${NOVA}], expect: [{ verdict: deny, rule: nova }]`, []],
  // From no limit to one is beyond every factor.
  [
    `${ALICE}, changes: [${WEB}, ${WEB}], expect: []`,
    ['3 c: web-1 nic 1 on hv1: expected pass, found deny by "too much" (and 1 change more)'],
  ],
])('%s', (given, expected) => {
  expect(problems(given)).toEqual(expected);
});

it('asks for the time where a rule does', () => {
  const rules = '- { name: r, during: { zone: UTC, from: "22:00", to: "23:00" } }';
  const at = (time: string, verdict: string) =>
    problems(`at: "2026-11-25T${time}", changes: [${DB}], expect: [{ verdict: ${verdict} }]`, rules);
  expect(problems(`changes: [${DB}], expect: []`, rules)).toEqual(['3 c: "at" is missing']);
  expect([at('22:30:00Z', 'deny'), at('23:30:00+01:00', 'deny'), at('22:30+01:00', 'pass')]).toEqual([
    [],
    [],
    [],
  ]);
});

it.each([
  ['cases: []', 'lacks the key "policy"'],
  ['policy: p.yml\ncases: []', 'at least 1 item'],
  ['policy: p.yml\ncases: [{ name: c, expect: [] }]', 'lacks the key "changes"'],
  [`policy: p.yml\ncases: [{ name: c, changes: [${DB}], expect: [{ verdict: no }] }]`, '"verdict" must be'],
  [
    `policy: p.yml\ncases: [{ name: c, at: "22:00", changes: [${DB}], expect: [] }]`,
    'a moment with its offset',
  ],
  [
    'policy: p.yml\ncases: [{ name: c, changes: [{ host: a, domain: b, module: nic_limits, desired: { inbound: 1 } }], expect: [] }]',
    'nic_limits has no setting "inbound"',
  ],
  [
    'policy: p.yml\ncases: [{ name: c, changes: [{ host: a, domain: b, module: nic_limits, desired: { inbound.average: 1M } }], expect: [] }]',
    '"1M" is ambiguous',
  ],
])('refuses %j', (text, message) => {
  const { cases, diagnostics } = parse(text);
  expect(cases).toBeNull();
  expect(diagnostics.map((one) => one.message).join('; ')).toContain(message);
});
