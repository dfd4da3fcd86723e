import { expect, it } from 'vitest';
import type { HostJob, PlayJob } from '../../../src/engine/job.ts';
import type { Gate } from '../../../src/gates/gate.ts';
import { withVerdicts } from '../../../src/gates/gate.ts';
import type { Change } from '../../../src/model/change.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { NicLimitsArgs } from '../../../src/modules/nic_limits/rule.ts';
import { rateLimit } from '../../../src/serve/http/rate_limit.ts';
import { OVERRIDE_FILE, overrideIn, withOverrides } from '../../../src/serve/overlay.ts';
import { identityOf, ownersPolicy } from '../../../src/serve/owner.ts';
import type { Override, Owner } from '../../../src/serve/store/records.ts';

const OWNER: Owner = {
  user: { id: 'u', name: 'ann' },
  project: { id: 'p', name: 'demo' },
  roles: ['member'],
};
const override = (more: Partial<Override> = {}): Override => ({
  id: 7,
  server: '4635b1a8-6a5c-4f5f-9d5e-000000000001',
  mac: 'fa:16:3e:00:00:01',
  limits: { inbound: { average: 5, peak: 0, burst: 0, floor: 0 } },
  before: null,
  owner: OWNER,
  project: 'p',
  request: 'req-1',
  reason: '',
  createdAt: new Date(0),
  until: null,
  endedAt: null,
  restored: false,
  revision: 1,
  ...more,
});

function plays(tasks: number): readonly PlayJob[] {
  const { args } = nicLimits.parse({ rules: [{ name: 'own', domain: '*', rate: 1 }] });
  const own = Array.from({ length: tasks }, (_, i) => ({ name: `t${i}`, module: nicLimits, args }));
  const job = { name: 'hv1', uri: 'qemu:///system', target: {}, tasks: own } as unknown as HostJob;
  const place = { file: 'p.yml', line: 1, column: 1 };
  const play = { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] };
  return [{ play, batches: [[job]], rules: [] }];
}

const rulesOf = (made: readonly PlayJob[]) =>
  made.flatMap(({ batches }) =>
    batches
      .flat()
      .flatMap(({ tasks }) =>
        tasks.map(({ args }) => (args as NicLimitsArgs).rules.map(({ name, line }) => `${name}:${line}`)),
      ),
  );

it('lays what holds after the rules of every task of NICs, and what is undone before them', () => {
  const before = { live: { 'inbound.average': 9 }, config: { 'inbound.average': 9 } };
  const ended = override({ id: 6, endedAt: new Date(1), before, request: 'req-0' });
  const made = rulesOf(withOverrides(plays(2), [ended, override()]));
  const expected = ['before req-0:0', 'before req-0:0', 'own:0', 'set by the API, req-1:7'];
  expect(made).toEqual([expected, expected]);
});

it('gives a host without such a task one of its own', () => {
  expect(rulesOf(withOverrides(plays(0), [override()]))).toEqual([['set by the API, req-1:7']]);
  expect(rulesOf(withOverrides(plays(0), []))).toEqual([[]]);
});

it('knows by the rules of a change which override decided', () => {
  expect(overrideIn([{ file: 'p.yml', line: 3 }])).toBeNull();
  expect(overrideIn([{ file: OVERRIDE_FILE, line: 0 }])).toBeNull();
  expect(
    overrideIn([
      { file: 'p.yml', line: 3 },
      { file: OVERRIDE_FILE, line: 7 },
    ]),
  ).toBe(7);
});

it('judges each change as asked for by its owner, and others as the service’s own', () => {
  const change = (line: number) =>
    ({
      rules: [{ name: 'r', file: line === 0 ? 'p.yml' : OVERRIDE_FILE, line }],
      steps: [{ commands: [] }],
    }) as unknown as Change;
  const [files, anns, gone] = [change(0), change(7), change(8)];
  const gateFor = (owner: Owner | null): Gate => ({
    name: 'policy',
    applies: () => true,
    judge: () => [{ status: 'refused', reason: owner === null ? 'service' : owner.user.name }],
  });
  const gate = ownersPolicy(gateFor, (id) => (id === 7 ? OWNER : null));
  const batch = { changes: [files, anns, gone], hostsOf: () => [], hasMatched: () => true, unread: 0 };
  const verdicts = gate?.judge({ name: 'p', rules: [], batches: 1, sharded: false }, batch) ?? [];
  const reasons = [files, anns, gone].map(
    (one) =>
      withVerdicts(
        { ...one, host: 'h' },
        verdicts.map((v) => ({ ...v, covers: () => v.covers?.(one, []) === true })),
        false,
      ).reason,
  );
  expect(reasons).toEqual(['service', 'ann', 'service']);
  expect(
    ownersPolicy(
      () => null,
      () => OWNER,
    ),
  ).toBeNull();
});

it('takes no name that looks like an ID for one', () => {
  const other = '55290000000000000000000000000002';
  expect(identityOf({ ...OWNER, project: { id: 'x1', name: other } }).claims.project).toEqual(['x1']);
  expect(identityOf(OWNER).claims).toEqual({ project: ['p', 'demo'], user: ['u', 'ann'], role: ['member'] });
});

it('lets so many requests a second pass, and a burst of them', () => {
  let at = 0;
  const limit = rateLimit(10, { now: () => at });
  const passed = (count: number) =>
    Array.from({ length: count }, () => limit.take('a')).filter((wait) => wait === 0).length;
  expect(passed(100)).toBe(40);
  expect(limit.take('b')).toBe(0);
  at = 500;
  expect(passed(100)).toBe(5);
  at = 1e9;
  expect(passed(100)).toBe(40);
  expect(limit.take('a')).toBe(1);
});
