import { expect, it } from 'vitest';
import { parsed, policy } from './build.ts';

const found = (rule: string): readonly string[] =>
  parsed(`rules:\n- { name: r, ${rule} }`).diagnostics.map(
    ({ place, message, hint }) => `${place?.line}:${place?.column} ${message}${hint ? ` (${hint})` : ''}`,
  );

it.each([
  // Keys and their forms.
  ['efect: deny', ['2:14 unknown key "efect" (did you mean "effect"?)']],
  ['effect: forbid', ['2:22 "effect" must be "deny", "confirm" or "warn", found "forbid"']],
  [
    'module: nic_limit',
    [expect.stringMatching(/^2:22 "module" must be .*nic_limit".*did you mean "nic_limits"/)],
  ],
  ['match: { stat: running }', [expect.stringMatching(/^2:23 unknown key "stat"/)]],
  // Hosts and groups that the inventory lacks, and patterns that select nothing.
  ['hosts: computer', ['2:21 no host or group matches "computer" (did you mean "compute"?)']],
  ['hosts: "hv1,&edge"', ['2:21 the pattern "hv1,&edge" selects no host']],
  // Identities.
  [
    'by: { ldap: alice }',
    [expect.stringMatching(/^2:20 unknown key "ldap" .*known here: user, group, github, gitlab, api/)],
  ],
  ['by: { user: alice, github: { ref: x } }', [expect.stringContaining('at most 1 key')]],
  ['not_by: []', [expect.stringContaining('at least 1 item')]],
  // Windows.
  ['during: { from: "22:00", to: "06:00" }', ['2:22 "during" lacks the key "zone"']],
  [
    'during: { zone: Europe/Berln }',
    [expect.stringMatching(/^2:30 "Europe\/Berln" is no time zone .*Europe\/Berlin/)],
  ],
  [
    'during: { zone: UTC, from: "09:00", to: "09:00" }',
    [expect.stringMatching(/^2:41 the window is empty: it ends when it begins/)],
  ],
  [
    'not_during: [{ zone: UTC, from: "24:00" }]',
    [expect.stringContaining('"from" must be a time of the day such as "22:00", found "24:00"')],
  ],
  ['during: { zone: UTC, days: [] }', [expect.stringContaining('at least 1 item')]],
  ['during: { zone: UTC, days: monday }', [expect.stringContaining('"monday"')]],
  // Limits.
  [
    'limits: { nic_limit: { inbound.average: { highest: 1 Gbit/s } } }',
    [expect.stringMatching(/unknown key "nic_limit" \(did you mean "nic_limits"\?\)/)],
  ],
  [
    'limits: { nic_limits: { inbound.avrage: { highest: 1 Gbit/s } } }',
    ['2:38 nic_limits has no "inbound.avrage" (did you mean "inbound.average"?)'],
  ],
  [
    'limits: { nic_limits: { "*.averages": { highest: 1 Gbit/s } } }',
    [expect.stringMatching(/^2:38 nic_limits has no "\*\.averages" /)],
  ],
  [
    'limits: { nic_limits: { inbound.average: { highest: 10G } } }',
    [expect.stringMatching(/^2:66 highest of inbound.average: "10G" is ambiguous.*"10 Gbit\/s"/)],
  ],
  [
    'limits: { nic_limits: { inbound.average: { highest: unlimited } } }',
    [expect.stringMatching(/^2:66 highest of inbound.average: /)],
  ],
  [
    'limits: { nic_limits: { inbound.average: { lowest: 2 Gbit/s, highest: 1 Gbit/s } } }',
    ['2:24 nothing can be set: the lowest of inbound.average, 2 Gbit/s, is above the highest, 1 Gbit/s'],
  ],
  [
    'limits: { nic_limits: { "*.average": { lowest: 2 Gbit/s }, inbound.average: { highest: 1 Gbit/s } } }',
    ['2:24 nothing can be set: the lowest of inbound.average, 2 Gbit/s, is above the highest, 1 Gbit/s'],
  ],
  [
    'limits: { nic_limits: { inbound.average: { unlimited: allow } } }',
    ['2:38 "inbound.average" has no bound (write lowest, highest or factor)'],
  ],
  [
    'limits: { nic_limits: { inbound.average: { factor: 1 } } }',
    [expect.stringContaining('must be more than 1')],
  ],
  [
    'module: cpu_limits, limits: { nic_limits: { inbound.average: { highest: 1 Gbit/s } } }',
    ['2:44 the rule is not about nic_limits: "module" does not name it'],
  ],
  ['limits: {}', [expect.stringContaining('at least 1 key')]],
  // Totals.
  ['in_one_run: { vms: 0 }', [expect.stringContaining('at least 1')]],
  ['in_one_run: { share: 0% }', [expect.stringContaining('a share such as "10%"')]],
  ['in_one_run: { share: 101% }', [expect.stringContaining('a share such as "10%"')]],
  [
    'in_one_run: { share: 10 }',
    [expect.stringContaining('must be a share such as "10%", found the number 10')],
  ],
  // Conditions.
  ['when: "hots == 1"', ['2:20 a condition of a policy has no variable "hots" (did you mean "host"?)']],
  ['when: "host | uper"', [expect.stringMatching(/^2:20 virtune has no filter "uper"/)]],
  ['when: "host is nosuch"', [expect.stringMatching(/^2:20 virtune has no test "nosuch"/)]],
  ['when: "now() > 1"', [expect.stringMatching(/^2:20 virtune has no function "now"/)]],
  ['when: host', [expect.stringMatching(/^2:20 .*neither true nor false/)]],
  ['when: "host =="', [expect.stringMatching(/^2:20 /)]],
  ['when: [true, "vars.x"]', [expect.stringMatching(/^2:27 a condition of a policy has no variable "vars"/)]],
])('refuses %s', (rule, expected) => {
  expect(found(rule)).toEqual(expected);
});

it.each([
  ['', 'the policy is empty'],
  ['- name: r', 'must be a map'],
  ['rules: []', 'at least 1 item'],
  ['rule: []', 'lacks the key "rules"'],
  ['rules: [r]', 'must be a map'],
  ['rules: [{ effect: deny }]', 'lacks the key "name"'],
  ['rules: [{ name: a }, { name: a }]', 'two rules have the name "a"'],
  ['rules: [{ name: a }]\nidentities: { github: { jwks: k.json } }', 'lacks the key "audience"'],
  ['rules: [{ name: a }]\nidentities: { gitlab: { jwks: k.json, audience: v } }', 'lacks the key "issuer"'],
  ['rules: [{ name: a }]\nidentities: { gitea: {} }', 'unknown key "gitea"'],
])('refuses the file %j', (text, message) => {
  const { policy: made, diagnostics } = parsed(text);
  expect(made).toBeNull();
  expect(diagnostics.map((one) => one.message).join('; ')).toContain(message);
  expect(diagnostics.every(({ place }) => place?.file === 'p.yml')).toBe(true);
});

it('tells all mistakes at once, those of a key beside those of the others', () => {
  const text = `
rules:
  - name: one
    effect: no
    hosts: nowhere
    during: { from: "01:00", to: "02:00" }
  - name: two
    limits: { nic_limits: { inbound.average: { lowest: fast, highest: faster } } }
    when: hots
`;
  expect(
    parsed(text)
      .diagnostics.map(({ place }) => place?.line)
      .sort(),
  ).toEqual([4, 5, 6, 8, 8, 9]);
});

it.each([
  'identity.github.ref == "x"',
  'desired["inbound.average"] > 5 and before["inbound.average"] < 3',
  'domain.nova.project.name in ["a"]',
  'domain.title is defined and domain.title | upper == "X"',
  'subject.index > 1',
  'subject.mac | upper == "52:54:00:0A:00:01" and domain.uuid != "5d4c1c6e-0000-4000-8000-000000000001"',
  'groups | length > 3 or "a" in groups',
  '"{{ host }}" == "hv1"',
])('takes the condition %s, whatever a change lacks', (when) => {
  expect(parsed(`rules: [{ name: r, when: ${JSON.stringify(when)} }]`).diagnostics).toEqual([]);
});

it.each([
  [`subject.mac in ['52:54:00:0A:00:01', '52:54:0:a:0:2']`, ['52:54:00:0a:00:01', '52:54:00:0a:00:02']],
  [`domain.uuid == '5D4C1C6E-0000-4000-8000-000000000001'`, ['5d4c1c6e-0000-4000-8000-000000000001']],
  [`domain.name == '5D4C1C6E-0000-4000-8000-000000000001'`, []],
])('warns of a form that no change has: %s', (when, forms) => {
  const { policy: made, diagnostics } = parsed(`rules: [{ name: r, when: ${JSON.stringify(when)} }]`);
  expect(made).not.toBeNull();
  expect(diagnostics).toEqual(
    forms.map((form) => expect.objectContaining({ severity: 'warning', hint: `write "${form}"` })),
  );
});

it('says nothing of hosts where the inventory could not be read', () => {
  expect(parsed('rules: [{ name: r, hosts: nowhere }]', null).diagnostics).toEqual([]);
});

it('reads all that a rule may say', () => {
  const [rule] = policy(`
- name: all of it
  effect: confirm
  hosts: [compute, "!hv1"]
  domain: ["web-*", "!web-9"]
  match: { state: running, nova: { project: prod } }
  module: [nic_limits, cpu_limits]
  when: ["'compute' in groups", true]
  by: [{ user: [alice, "ops-*"] }, { github: { repository: org/fleet, ref: refs/heads/main } }]
  not_by: { api: { role: admin } }
  during: { zone: Europe/Berlin, days: [mon, tue], from: "22:00", to: "06:00" }
  not_during: [{ zone: UTC, days: sun }]
  limits: { nic_limits: { "*.average": { lowest: 1 Mbit/s, highest: 10 Gbit/s, factor: { up: 10 } } } }
  in_one_run: { subjects: 100, vms: 50, hosts: 5, share: 12.5% }
`).rules;
  expect(rule).toMatchObject({
    name: 'all of it',
    effect: 'confirm',
    place: { file: 'p.yml', line: 3 },
    fleet: 7,
    vms: { domain: { include: ['web-*'], exclude: ['web-9'] }, match: { nova: { project: 'prod' } } },
    run: { subjects: 100, vms: 50, hosts: 5, share: 12.5 },
  });
  expect([...(rule?.hosts ?? [])]).toEqual(['hv2', 'hv3', 'hv4', 'hv5', 'hv6', 'hv7', 'hv8']);
  expect(rule?.limits?.get('nic_limits')).toMatchObject([
    { measure: { name: 'inbound.average' }, lowest: 125, highest: 1_250_000, up: 10, unlimited: false },
    { measure: { name: 'outbound.average' }, lowest: 125, highest: 1_250_000, up: 10, unlimited: false },
  ]);
});
