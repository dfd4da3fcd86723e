import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { overview } from '../../../src/report/overview.ts';
import { linesOf } from '../../../src/report/parts.ts';
import { hostTable } from '../../../src/report/table.ts';
import { closingLines, hostLines } from '../../../src/report/text.ts';
import { jsonReport } from '../../../src/reporters/json.ts';
import { misfits } from '../../schema_of.ts';
import { sweep } from '../../sweep.ts';
import { rate } from '../modules/build.ts';
import { host, run, settings } from './arbitrary.ts';

describe('the JSON report', () => {
  it('fits its schema, holds every host and NIC, and its counts add up', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 4 }), (hosts) => {
        const report = JSON.parse([...jsonReport(run(hosts))].join(''));
        expect(misfits('report', report)).toEqual([]);
        const keys = (list: readonly { domain: Change['domain'] }[]) => list.map((one) => one.domain.uuid);
        expect(report.hosts.map((h: HostResult) => keys(h.resources))).toEqual(
          hosts.map((h) => keys(h.resources)),
        );
        const { total, ...counts } = report.summary.hosts;
        const sum = (numbers: Record<string, number>) => Object.values(numbers).reduce((a, b) => a + b, 0);
        expect(sum(counts)).toBe(total);
        if (hosts.length === 0) return;
        const { total: nics, managed, unmanaged, ...statuses } = report.summary.resources.nic;
        expect([managed + unmanaged, sum(statuses)]).toEqual([nics, managed]);
      }),
    );
  });
});

describe('what a terminal shows', () => {
  const options = {
    check: false,
    diff: true,
    verbose: true,
    columns: undefined,
    paint: (_: unknown, s: string) => s,
  };
  const brief = { ...options, diff: false, verbose: false };

  it('holds no control character, whatever the hosts say', () => {
    fc.assert(
      fc.property(fc.array(host, { maxLength: 2 }), (hosts) => {
        const lines = [
          ...hosts.flatMap((h) => [...hostLines(h, options), ...hostTable(h, options)]),
          ...linesOf(overview(hosts, brief)),
          ...linesOf(overview(hosts, { ...brief, columns: 80 })),
          ...closingLines(run(hosts), options),
        ];
        for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/u);
      }),
      sweep(300, 30),
    );
  });

  it('shows a managed-save image, where all is in sync too', () => {
    const nic: Change = {
      module: 'nic_limits',
      play: 'p',
      task: 't',
      host: 'hv01',
      domain: { name: 'web-01', uuid: 'u', state: 'shutoff', persistent: true, managedSave: true },
      subject: {
        kind: 'nic',
        key: 'k',
        label: 'nic 1',
        mac: '52:54:00:00:00:01',
        target: '',
        type: 'bridge',
        source: 'br0',
      },
      status: 'inSync',
      rules: [],
      settings: settings({ live: null, config: { inbound: null, outbound: null } }, {}),
      after: null,
      steps: [],
      notes: ['it is restored'],
    };
    const on: HostResult = {
      name: 'hv01',
      address: 'a',
      hypervisor: 'h',
      status: 'ok',
      durationMs: 1,
      resources: [nic],
      totals: { nic: 1 },
    };
    expect(hostTable(on, options).join('\n')).toContain('shutoff, saved');
    const quiet = { ...options, verbose: false, diff: false };
    expect(hostLines(on, quiet).join('\n')).toContain('note: it is restored');
  });

  it('is a sentence for people', () => {
    const one: Change = {
      module: 'nic_limits',
      play: 'p',
      task: 't',
      host: 'hv01',
      domain: { name: 'web-01', uuid: 'u', state: 'running', persistent: true },
      subject: {
        kind: 'nic',
        key: 'k',
        label: 'nic 1',
        mac: '52:54:00:00:00:01',
        target: 'vnet0',
        type: 'bridge',
        source: 'br0',
      },
      status: 'changed',
      rules: [{ name: 'web tier', file: 'x.yml', line: 4 }],
      settings: settings(
        {
          live: { inbound: null, outbound: rate(125, 0, 64) },
          config: { inbound: rate(12_500), outbound: rate(125, 0, 64) },
        },
        { inbound: rate(12_500), outbound: null },
      ),
      after: null,
      steps: [{ commands: [['domiftune', '…']] }],
    };
    const lines = hostLines(
      {
        name: 'hv01',
        address: 'a',
        hypervisor: 'h',
        status: 'changed',
        durationMs: 400,
        resources: [one],
        totals: { nic: 3 },
      },
      { ...options, verbose: false },
    );
    expect(lines).toEqual([
      'hv01: changed (1 NIC changed, 2 not managed) 0.4 s',
      '  ~ web-01 nic 1: receives unlimited → 100 Mbit/s (live; persistent is right); sends 1 Mbit/s (burst 64 KiB) → unlimited',
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
