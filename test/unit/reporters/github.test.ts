import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../../src/model/result.ts';
import { githubAttachments, githubReport } from '../../../src/reporters/github.ts';
import { CONTEXT, everyOutcome, hostileResult, hostResult, nicChange, runResult } from './results.ts';

const lines = (result: RunResult) => [...githubReport(result, CONTEXT)].join('').trimEnd().split('\n');

/** A workflow command as the runner reads it (ActionCommand.TryParseV2 of actions/runner). */
function read(line: string) {
  const [, name, properties = '', message = ''] = /^::(\w+)(?: ([^:]*))?::(.*)$/.exec(line) ?? [];
  const undo = (text: string) =>
    text
      .replaceAll('%0D', '\r')
      .replaceAll('%0A', '\n')
      .replaceAll('%3A', ':')
      .replaceAll('%2C', ',')
      .replaceAll('%25', '%');
  return {
    name,
    properties: Object.fromEntries(
      properties
        .split(',')
        .map((one) => one.split('='))
        .map(([key, value = '']) => [key, undo(value)]),
    ),
    message: undo(message),
  };
}

describe('annotations', () => {
  it('are on the line of the rule', () => {
    const host = hostResult('hv01', { status: 'changed', resources: [nicChange('pending')] });
    expect(lines(runResult([host]))).toEqual([
      '::warning file=repo/inventory/group_vars/compute.yml,line=4,title=virtune%3A pending::hv01 web-01 nic 1: receives unlimited → 100 Mbit/s',
    ]);
    expect(lines(everyOutcome()).map(read)).toContainEqual({
      name: 'warning',
      properties: { file: 'repo/a.yml', line: '2', col: '5', title: 'virtune: warning' },
      message: 'odd (write it so)',
    });
  });

  it('are as many as the runner keeps, the worst, and the last says how many are not there', () => {
    const resources = Array.from({ length: 25 }, (_, nth) => {
      const one = nicChange(nth < 12 ? 'failed' : 'pending');
      return { ...one, subject: { ...one.subject, key: `${nth}` } };
    });
    const all = lines(runResult([hostResult('hv01', { status: 'failed', resources })])).map(read);
    expect(all.filter(({ name }) => name === 'error')).toHaveLength(10);
    expect(all.filter(({ name }) => name === 'warning')).toHaveLength(10);
    expect(all[9]?.message).toBe('3 more: see the summary of this step');
    expect(all[19]?.message).toBe('4 more: see the summary of this step');
  });

  it('hold whatever text as text, each on a line of its own', () => {
    const all = lines(hostileResult());
    expect(all).toHaveLength(20);
    for (const line of all) {
      expect(line).toMatch(/^::(error|warning) ((file|line|col|title)=[^:,]*,?)+::[^\r\n]*$/);
      expect(read(line).message.length).toBeLessThanOrEqual(4096);
    }
  });
});

describe('what the runner is given in files', () => {
  const attached = (result: RunResult) =>
    Object.fromEntries(
      githubAttachments(result, CONTEXT).map(({ variable, pieces }) => [variable, [...pieces].join('')]),
    );

  it('is the summary, and outputs that are numbers', () => {
    const { GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = attached(everyOutcome());
    expect(GITHUB_OUTPUT).toBe('exit-code=2\npending=1\nchanged=1\ntroubled-hosts=3\n');
    expect(GITHUB_STEP_SUMMARY).toMatch(/^### virtune: /);
    expect(attached(hostileResult()).GITHUB_OUTPUT).toMatch(/^([a-z-]+=\d+\n)+$/);
  });

  it('is never more than the runner takes', () => {
    const resources = Array.from({ length: 80 }, () => nicChange('pending'));
    const hosts = Array.from({ length: 50 }, (_, nth) =>
      hostResult(`hv${nth}`, { status: 'changed', resources }),
    );
    const { GITHUB_STEP_SUMMARY = '' } = attached(runResult(hosts));
    expect(Buffer.byteLength(GITHUB_STEP_SUMMARY)).toBeLessThan(1024 * 1024);
    expect(GITHUB_STEP_SUMMARY).toContain('left out');
  });
});
