import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { prometheusReport } from '../../../src/reporters/prometheus.ts';
import {
  CONTEXT,
  everyOutcome,
  HOSTILE,
  hostileResult,
  hostResult,
  runResult,
} from '../../unit/reporters/results.ts';

const write = (result: RunResult) => [...prometheusReport(result, CONTEXT)].join('');

const promtool = (text: string) =>
  spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
const isMissing = promtool('').error !== undefined;

describe('the Prometheus report', () => {
  it('has one value for each family and label, and no time stamps', () => {
    const lines = write(everyOutcome()).split('\n');
    const samples = lines.filter((line) => line !== '' && !line.startsWith('#'));
    const series = samples.map((line) => line.slice(0, line.lastIndexOf(' ')));
    expect(new Set(series).size).toBe(series.length);
    for (const line of samples) expect(line).toMatch(/^virtune_[a-z_]+(\{.*\})? -?[\d.e+]+$/);
    expect(lines).toContain('virtune_hosts{status="unreachable"} 1');
    expect(lines).toContain('virtune_resources{kind="nic",status="pending"} 1');
    expect(lines).toContain('virtune_host_up{host="hv02"} 0');
    expect(lines).toContain('virtune_host_resources{host="hv01",kind="nic",status="refused"} 1');
    expect(lines).toContain('virtune_run_duration_seconds 12.345');
    expect(lines).toContain(
      'virtune_run_info{mode="check",playbook="playbooks/nic-limits.yml",version="1.2.3"} 1',
    );
  });

  it('calls no host up that nobody has tried to reach', () => {
    const lines = write(
      runResult([
        hostResult('hv01'),
        hostResult('hv02', { status: 'skipped', error: 'the run ended', durationMs: 0 }),
        hostResult('hv03', { durationMs: 0, totals: {} }),
        hostResult('hv04', { status: 'unreachable', durationMs: 0 }),
      ]),
    ).split('\n');
    expect(lines.filter((line) => line.startsWith('virtune_host_up{'))).toEqual([
      'virtune_host_up{host="hv01"} 1',
      'virtune_host_up{host="hv04"} 0',
    ]);
  });

  it('keeps whatever text within its label', () => {
    const lines = write(hostileResult()).split('\n');
    expect(lines.filter((line) => line.startsWith('virtune_host_up{'))).toHaveLength(HOSTILE.length);
    for (const line of lines.filter((one) => one !== ''))
      expect(line).toMatch(
        /^(# (HELP|TYPE) virtune_|virtune_[a-z_]+(\{([a-z]+="([^"\\]|\\["\\n])*",?)+\})? )/,
      );
  });

  it.skipIf(isMissing && !process.env.CI)('passes promtool', () => {
    for (const result of [runResult([]), everyOutcome(), hostileResult(), hostileResult('apply')]) {
      const { status, stdout, stderr } = promtool(write(result));
      expect([status, stdout, stderr]).toEqual([0, '', '']);
    }
  });
});
