import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import type { Change } from '../../../src/model/change.ts';
import type { RunResult } from '../../../src/model/result.ts';
import { gitlabReport } from '../../../src/reporters/gitlab.ts';
import { gitlabTerraformReport } from '../../../src/reporters/gitlab_terraform.ts';
import { CONTEXT, everyOutcome, hostileResult, hostResult, nicChange, runResult } from './results.ts';

/** What GitLab's documentation says that its parser takes. */
const valid = new Ajv().compile({
  type: 'array',
  items: {
    type: 'object',
    required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
    properties: {
      description: { type: 'string', minLength: 1 },
      check_name: { type: 'string' },
      fingerprint: { type: 'string', minLength: 1 },
      severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
      location: {
        type: 'object',
        required: ['path', 'lines'],
        properties: {
          path: { type: 'string', minLength: 1, not: { pattern: '^\\./' } },
          lines: {
            type: 'object',
            required: ['begin'],
            properties: { begin: { type: 'integer', minimum: 1 } },
          },
        },
      },
    },
  },
});

const read = (result: RunResult, most?: number) =>
  JSON.parse([...gitlabReport(result, CONTEXT, most)].join(''));

describe('the Code Quality report', () => {
  it('has what did not pass, the worst first, at the lines of the rules', () => {
    const entries = read(everyOutcome());
    expect(valid(entries), JSON.stringify(valid.errors)).toBe(true);
    expect(entries.map((one: { severity: string }) => one.severity)).toEqual([
      'blocker',
      ...Array(12).fill('critical'),
      'major',
      'minor',
      'minor',
    ]);
    expect(entries.at(-3)).toMatchObject({
      description: 'hv01 web-01 nic 2: receives unlimited → 100 Mbit/s',
      check_name: 'virtune/pending',
      location: { path: 'repo/inventory/group_vars/compute.yml', lines: { begin: 4 } },
    });
    // What has no line of its own is told at the playbook.
    expect(
      entries.find((one: { check_name: string }) => one.check_name === 'virtune/unreachable_route'),
    ).toMatchObject({
      location: { path: 'repo/playbooks/nic-limits.yml' },
    });
    expect(read(runResult([]))).toEqual([]);
  });

  it('is cut, and says so', () => {
    const entries = read(everyOutcome(), 3);
    expect(entries).toHaveLength(4);
    expect(entries[3].description).toBe('13 more findings are left out: the JSON report has them all');
    expect(valid(entries)).toBe(true);
  });

  it('holds whatever text as text', () => {
    const entries = read(hostileResult());
    expect(valid(entries), JSON.stringify(valid.errors)).toBe(true);
    for (const { description } of entries) expect(description).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
  });
});

describe("the counts of GitLab's widget", () => {
  const counts = (changes: readonly Change[], given: Partial<RunResult> = {}) =>
    JSON.parse(
      [...gitlabTerraformReport(runResult([hostResult('hv01', { resources: changes })], given))].join(''),
    );
  const keyed = (change: Change, key: string): Change => ({ ...change, subject: { ...change.subject, key } });
  const limited = (change: Change): Change => ({
    ...change,
    settings: change.settings.map((one) =>
      one.name === 'inbound.average' ? { ...one, live: 100, config: 100 } : one,
    ),
  });
  const cleared = (change: Change): Change => ({
    ...change,
    settings: change.settings.map((one) => ({
      ...one,
      desired: Object.keys(one.desired).length === 0 ? {} : { live: null, config: null },
    })),
  });

  it('tell new, changed and removed limits apart', () => {
    const pending = nicChange('pending');
    const all = [
      keyed(pending, 'a'),
      keyed(limited(pending), 'b'),
      keyed(limited(pending), 'c'),
      keyed(cleared(limited(pending)), 'd'),
      nicChange('inSync'),
    ];
    expect(counts(all)).toEqual({ create: 1, update: 2, delete: 1 });
  });

  it('are what a run would do in check mode, and what it did otherwise', () => {
    const all = [keyed(nicChange('pending'), 'a'), keyed(nicChange('changed'), 'b'), nicChange('failed')];
    expect(counts(all)).toEqual({ create: 1, update: 0, delete: 0 });
    expect(counts(all, { mode: 'apply' })).toEqual({ create: 1, update: 0, delete: 0 });
    expect(counts([])).toEqual({ create: 0, update: 0, delete: 0 });
  });

  it('count a subject once, under however many names of its hypervisor', () => {
    const host = (name: string) => hostResult(name, { hypervisor: 'x', resources: [nicChange('pending')] });
    const text = [...gitlabTerraformReport(runResult([host('a'), host('b')]))].join('');
    expect(JSON.parse(text)).toEqual({ create: 1, update: 0, delete: 0 });
  });
});
