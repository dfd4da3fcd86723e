import fc from 'fast-check';
import type { Limits } from '../../../src/facts/bandwidth.ts';
import type { Change, Setting } from '../../../src/model/change.ts';
import type { HostResult, RunResult } from '../../../src/model/result.ts';
import { SUBJECT_STATUSES } from '../../../src/model/status.ts';
import { NIC_SETTINGS, toValues } from '../../../src/modules/nic_limits/settings.ts';

/** Results of any kind, with names and texts as hostile as they may be. */

const limit = fc.option(fc.record({ average: fc.nat(), peak: fc.nat(), burst: fc.nat(), floor: fc.nat() }), {
  nil: null,
});
const limits = fc.option(fc.record({ inbound: limit, outbound: limit }), { nil: null });
const both = fc.record({ live: limits, config: limits });
const text = fc.string({ unit: 'binary', maxLength: 12 });

type Both = { readonly live: Limits | null; readonly config: Limits | null };

/** Settings of a NIC that is to have some limits in both states. */
export function settings(before: Both, desired: Partial<Limits>): readonly Setting[] {
  const [live, config] = [before.live && toValues(before.live), before.config && toValues(before.config)];
  const want = toValues(desired);
  return NIC_SETTINGS.map(({ name, unit }) => ({
    name,
    unit,
    desired: want[name] === undefined ? {} : { live: want[name], config: want[name] },
    ...(live === null ? {} : { live: live[name] ?? null }),
    ...(config === null ? {} : { config: config[name] ?? null }),
  }));
}

export const change: fc.Arbitrary<Change> = fc
  .record({
    domain: fc.record({
      name: text,
      uuid: fc.uuid(),
      state: fc.constantFrom('running' as const, 'shutoff' as const),
      persistent: fc.boolean(),
    }),
    subject: fc.record({
      kind: fc.constant('nic'),
      key: text,
      label: text,
      index: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
      mac: text,
      target: text,
      type: text,
      source: text,
      ovs: fc.boolean(),
    }),
    status: fc.constantFrom(...SUBJECT_STATUSES),
    rules: fc.array(fc.record({ name: text, file: text, line: fc.nat() }), { maxLength: 2 }),
    desired: fc.record({ inbound: limit, outbound: limit }, { requiredKeys: [] }),
    before: both,
    after: fc.option(both, { nil: null }),
    reason: text,
    notes: fc.array(text, { maxLength: 2 }),
  })
  .map(({ desired, before, after, ...rest }) => ({
    ...rest,
    module: 'nic_limits',
    play: 'p',
    task: 't',
    host: 'hv01',
    settings: settings(before, desired),
    steps: [{ commands: [['domiftune', 'x']] }],
    after: after && {
      live: after.live && toValues(after.live),
      config: after.config && toValues(after.config),
    },
  }));

export const host: fc.Arbitrary<HostResult> = fc.record({
  name: text,
  address: text,
  hypervisor: text,
  status: fc.constantFrom('ok', 'changed', 'failed', 'unreachable', 'refused', 'skipped'),
  error: text,
  errorCode: fc.constant('x'),
  durationMs: fc.nat(),
  resources: fc.array(change, { maxLength: 3 }),
  totals: fc.record({ nic: fc.nat(5) }),
});

export const run = (hosts: readonly HostResult[]): RunResult => ({
  id: 'x',
  startedAt: '2026-01-01T00:00:00.000Z',
  finishedAt: '2026-01-01T00:00:01.000Z',
  mode: 'apply',
  playbooks: [],
  inventory: [],
  user: 'u',
  command: 'virtune run',
  exitCode: 0,
  hosts,
  unmatchedRules: [{ name: 'r\u001b[2J', file: 'f', line: 1, required: true }],
  missingDomains: [],
  warnings: [{ severity: 'warning', message: 'w' }],
});
