import { describe, expect, it } from 'vitest';
import { exitCode } from '../../../src/engine/exit_code.ts';
import type { Change } from '../../../src/model/change.ts';
import type { RunResult } from '../../../src/model/result.ts';
import { SUBJECT_STATUSES } from '../../../src/model/status.ts';
import { findingsOf, hostVerdict, verdictOf } from '../../../src/reporters/findings.ts';
import { REPORTERS } from '../../../src/reporters/index.ts';
import { jsonReport } from '../../../src/reporters/json.ts';
import { reportReader } from '../../../src/reporters/read/json.ts';
import type { Reporter } from '../../../src/reporters/reporter.ts';
import { CONTEXT, everyOutcome, hostResult, nicChange, runResult } from './results.ts';

describe('what an outcome counts as', () => {
  it('is the same in all formats', () => {
    const counted = Object.fromEntries(
      SUBJECT_STATUSES.map((status) => {
        const { outcome, weight } = verdictOf({ status });
        return [status, `${outcome} ${weight}`];
      }),
    );
    expect(counted).toEqual({
      inSync: 'passed info',
      pending: 'failure major',
      changed: 'passed info',
      unsupported: 'error critical',
      notFound: 'error critical',
      notRunning: 'skipped info',
      ambiguous: 'error critical',
      conflict: 'error critical',
      busy: 'error critical',
      stale: 'error critical',
      locked: 'error critical',
      refused: 'failure blocker',
      failed: 'error critical',
      unreachable: 'error critical',
      skipped: 'skipped info',
      waived: 'skipped info',
      unmanaged: 'passed info',
    });
  });

  it('is nothing where its task ignores it', () => {
    expect(verdictOf({ status: 'failed', ignored: true }).outcome).toBe('passed');
    expect(hostVerdict({ status: 'unreachable', ignored: true }).outcome).toBe('passed');
    expect(hostVerdict({ status: 'refused' }).weight).toBe('blocker');
  });

  it('is an error of what warns where every warning is one, as the exit status is 1', () => {
    const rule = { name: 'r', file: 'p.yml', line: 3, required: false };
    const parts: Partial<RunResult>[] = [
      { missingDomains: [{ domain: 'db', rule }], missingOk: true },
      { unmatchedRules: [rule] },
      { warnings: [{ severity: 'warning', message: 'w' }] },
    ];
    for (const part of parts)
      for (const how of [{ strict: true }, { failOn: ['warnings'] as const }]) {
        const result = runResult([], { ...part, ...how });
        expect(exitCode({ ...result, requiredUnmet: false }, false, { ...how, missingOk: true })).toBe(1);
        expect(findingsOf(result).map(({ outcome }) => outcome)).toEqual(['error']);
        expect([...(REPORTERS.junit as Reporter).write(result, CONTEXT)].join('')).toContain('errors="1"');
        expect(findingsOf(runResult([], part)).map(({ outcome }) => outcome)).toEqual(['passed']);
      }
  });

  it('is an error where a host has failed for a VM alone that does not run', () => {
    const change = nicChange('notRunning', { reason: 'it does not run' });
    const failed = (...resources: Change[]) =>
      runResult([hostResult('a', { status: 'failed', resources })], { exitCode: 3 });
    const written = (result: RunResult): string =>
      [...(REPORTERS.junit as Reporter).write(result, CONTEXT)].join('');
    expect(findingsOf(failed(change))).toMatchObject([{ outcome: 'error', message: 'it does not run' }]);
    expect(written(failed(change))).toContain('errors="1"');
    // In a run it is not what the host failed for.
    expect(findingsOf(failed(change, nicChange('failed', { reason: 'x' })))).toHaveLength(1);
    expect(findingsOf(runResult([hostResult('a', { resources: [change] })]))).toEqual([]);
  });

  it('is nothing where a confirm is to write it, also of a report that is read', () => {
    const change = nicChange('pending', { held: { 'inbound.average': 1 }, reason: 'waits for the confirm' });
    const result = runResult([hostResult('a', { status: 'changed', resources: [change] })], {
      mode: 'apply',
      confirm: { until: '2026-11-27T12:00:00.000Z' },
    });
    const reader = reportReader('r.json');
    reader.add(Buffer.from([...jsonReport(result)].join('')));
    const read = reader.end();
    expect(read.confirm).toEqual(result.confirm);
    for (const one of [result, read]) {
      const written = (name: 'junit' | 'markdown' | 'html'): string =>
        [...(REPORTERS[name] as Reporter).write(one, CONTEXT)].join('');
      expect(findingsOf(one)).toEqual([]);
      expect(exitCode({ ...one, requiredUnmet: false }, false)).toBe(0);
      expect(written('junit')).toContain('failures="0"');
      expect(written('junit')).toContain('waits for the confirm');
      expect(written('markdown')).toContain('waits for the confirm');
      for (const name of ['markdown', 'html'] as const) {
        expect(written(name)).toContain('given back unless it is confirmed before 2026-11-27 12:00:00 UTC');
        expect(written(name)).toContain(`virtune confirm ${one.id}`);
      }
    }
    const checked = { ...read, hosts: [hostResult('a', { resources: [nicChange('pending')] })] };
    expect(findingsOf(checked)).toHaveLength(1);
  });
});

describe('findings', () => {
  it('are all that did not pass, the worst first, and what rules and files have to say', () => {
    const list = findingsOf(everyOutcome()).map(({ weight, code, host }) =>
      `${weight} ${code} ${host}`.trim(),
    );
    expect(list).toEqual([
      'blocker refused hv01',
      'critical unsupported hv01',
      'critical notFound hv01',
      'critical ambiguous hv01',
      'critical conflict hv01',
      'critical busy hv01',
      'critical stale hv01',
      'critical locked hv01',
      'critical failed hv01',
      'critical unreachable hv01',
      'critical unreachable_route hv02',
      'critical missing_domain',
      'critical unmatched_rule',
      'major pending hv01',
      'minor unmatched_rule',
      'minor warning',
      'info waived hv01',
      'info skipped hv04',
    ]);
  });

  it('have the place of the rule that decided last, and a sentence', () => {
    const rules = [
      { name: 'all', file: 'a.yml', line: 1 },
      { name: 'web', file: 'b.yml', line: 7 },
    ];
    const host = hostResult('hv01', { status: 'changed', resources: [nicChange('pending', { rules })] });
    const [finding] = findingsOf(runResult([host]));
    expect(finding).toMatchObject({
      place: { file: 'b.yml', line: 7 },
      message: 'receives unlimited → 100 Mbit/s',
    });
  });

  it('keep their identity where values and lines change, and differ for other things', () => {
    const print = (change = nicChange('pending'), host = 'hv01') =>
      findingsOf(runResult([hostResult(host, { status: 'changed', resources: [change] })]))[0]?.fingerprint;
    const moved = nicChange('pending', { rules: [{ name: 'x', file: 'y', line: 99 }], settings: [] });
    expect(print({ ...moved, reason: 'x' })).toBe(print());
    expect(print(nicChange('pending'), 'hv02')).not.toBe(print());
    const other = nicChange('pending');
    expect(print({ ...other, subject: { ...other.subject, key: 'other' } })).not.toBe(print());
    const all = findingsOf(everyOutcome()).map(({ fingerprint }) => fingerprint);
    expect(new Set(all).size).toBe(all.length);
  });
});
