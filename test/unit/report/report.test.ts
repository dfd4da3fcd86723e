import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type HostResult, NIC_STATUSES, type NicResult, type RunResult } from '../../../src/model/result.ts';
import { jsonReport } from '../../../src/report/json.ts';
import { hostTable } from '../../../src/report/table.ts';
import { closingLines, hostLines } from '../../../src/report/text.ts';
import { rate } from '../modules/build.ts';

const schema = JSON.parse(
  readFileSync(new URL('../../../src/report/report.schema.json', import.meta.url), 'utf8'),
);
const valid = new Ajv({ allErrors: true, allowUnionTypes: true }).compile(schema);

const limit = fc.option(fc.record({ average: fc.nat(), peak: fc.nat(), burst: fc.nat(), floor: fc.nat() }), {
  nil: null,
});
const limits = fc.option(fc.record({ inbound: limit, outbound: limit }), { nil: null });
const both = fc.record({ live: limits, config: limits });
const text = fc.string({ unit: 'binary', maxLength: 12 });

const nic: fc.Arbitrary<NicResult> = fc.record({
  domain: fc.record({
    name: text,
    uuid: fc.uuid(),
    state: fc.constantFrom('running' as const, 'shutoff' as const),
    persistent: fc.boolean(),
  }),
  nic: fc.record({
    index: fc.option(fc.integer({ min: 1, max: 9 }), { nil: null }),
    mac: text,
    target: text,
    type: text,
    source: text,
  }),
  status: fc.constantFrom(...NIC_STATUSES),
  rules: fc.array(fc.record({ name: text, file: text, line: fc.nat() }), { maxLength: 2 }),
  desired: fc.record({ inbound: limit, outbound: limit }, { requiredKeys: [] }),
  before: both,
  after: fc.option(both, { nil: null }),
  commands: fc.constant(['virsh domiftune x']),
  message: text,
  notes: fc.array(text, { maxLength: 2 }),
});

const host: fc.Arbitrary<HostResult> = fc.record({
  name: text,
  address: text,
  status: fc.constantFrom('ok', 'changed', 'failed', 'unreachable', 'refused', 'skipped'),
  error: text,
  errorCode: fc.constant('x'),
  durationMs: fc.nat(),
  nics: fc.array(nic, { maxLength: 3 }),
  nicsTotal: fc.nat(5),
});

const run = (hosts: readonly HostResult[]): RunResult => ({
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

describe('the JSON report', () => {
  it('fits its schema, holds every host and NIC, and its counts add up', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 4 }), (hosts) => {
        const report = JSON.parse([...jsonReport(run(hosts))].join(''));
        expect(valid(report), JSON.stringify(valid.errors)).toBe(true);
        expect(report.hosts.map((h: HostResult) => h.nics)).toEqual(
          hosts.map((h) => JSON.parse(JSON.stringify(h.nics))),
        );
        const { total, ...counts } = report.summary.hosts;
        const sum = (numbers: Record<string, number>) => Object.values(numbers).reduce((a, b) => a + b, 0);
        expect(sum(counts)).toBe(total);
        const { total: nics, managed, unmanaged, ...statuses } = report.summary.nics;
        expect([managed + unmanaged, sum(statuses)]).toEqual([nics, managed]);
      }),
    );
  });
});

describe('what a terminal shows', () => {
  const options = { check: false, diff: true, verbose: true, paint: (_: unknown, s: string) => s };

  it('holds no control character, whatever the hosts say', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 2 }), (hosts) => {
        const lines = [
          ...hosts.flatMap((h) => [...hostLines(h, options), ...hostTable(h, options)]),
          ...closingLines(run(hosts), options),
        ];
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
    );
  });

  it('shows a managed-save image, where all is in sync too', () => {
    const nic: NicResult = {
      domain: { name: 'web-01', uuid: 'u', state: 'shutoff', persistent: true, managedSave: true },
      nic: { index: 1, mac: '52:54:00:00:00:01', target: '', type: 'bridge', source: 'br0' },
      status: 'inSync',
      rules: [],
      desired: {},
      before: { live: null, config: { inbound: null, outbound: null } },
      after: null,
      commands: [],
      notes: ['it is restored'],
    };
    const on: HostResult = {
      name: 'hv01',
      address: 'a',
      status: 'ok',
      durationMs: 1,
      nics: [nic],
      nicsTotal: 1,
    };
    expect(hostTable(on, options).join('\n')).toContain('shutoff, saved');
    const quiet = { ...options, verbose: false, diff: false };
    expect(hostLines(on, quiet).join('\n')).toContain('note: it is restored');
  });

  it('is a sentence for people', () => {
    const change: NicResult = {
      domain: { name: 'web-01', uuid: 'u', state: 'running', persistent: true },
      nic: { index: 1, mac: '52:54:00:00:00:01', target: 'vnet0', type: 'bridge', source: 'br0' },
      status: 'changed',
      rules: [{ name: 'web tier', file: 'x.yml', line: 4 }],
      desired: { inbound: rate(12_500), outbound: null },
      before: {
        live: { inbound: null, outbound: rate(125, 0, 64) },
        config: { inbound: rate(12_500), outbound: rate(125, 0, 64) },
      },
      after: null,
      commands: ['virsh domiftune …'],
    };
    const lines = hostLines(
      { name: 'hv01', address: 'a', status: 'changed', durationMs: 400, nics: [change], nicsTotal: 3 },
      { ...options, verbose: false },
    );
    expect(lines).toEqual([
      'hv01: changed (1 of 1 named NICs as declared, 3 in all) 0.4 s',
      '  ~ web-01 nic 1 receives at most 100 Mbit/s (live was unlimited, persistent is right), sends without limit (was 1 Mbit/s, burst 64 KiB)',
      '      52:54:00:00:00:01, bridge br0, vnet0; rule "web tier" (x.yml:4)',
      '      - inbound  live            unlimited',
      '      + inbound  live            12500 (100 Mbit/s)',
      '        inbound  persistent      12500 (100 Mbit/s)',
      '      - outbound live+persistent 125,0,64 (1 Mbit/s, burst 64 KiB)',
      '      + outbound live+persistent unlimited',
      '      $ virsh domiftune …',
    ]);
  });
});
