import { describe, expect, it } from 'vitest';
import { SUBJECT_FAILURES } from '../../../src/engine/failures.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { notification } from '../../../src/reporters/notification.ts';
import { hostResult, nicChange, runResult } from './results.ts';

const whyOf = (host: Partial<HostResult>) => {
  const body = notification('json', runResult([hostResult('hv01', host)], { exitCode: 3 }));
  return (JSON.parse(body) as { trouble: { message: string }[] }).trouble[0]?.message;
};

describe('a notification says why a host is in trouble', () => {
  it.each(SUBJECT_FAILURES)('whatever became of a subject: %s', (status) => {
    const resources = [nicChange('inSync'), nicChange(status)];
    expect(whyOf({ status: 'failed', resources })).toBe(`web-01 nic 1: it is ${status}`);
  });

  it('by what counts, and not by what its task ignores', () => {
    const ignored = nicChange('failed', { ignored: true, reason: 'ignored' });
    expect(whyOf({ status: 'failed', resources: [ignored, nicChange('conflict')] })).toBe(
      'web-01 nic 1: it is conflict',
    );
  });

  it('for what was to be set for a running VM and does not run', () => {
    const resources = [nicChange('notRunning', { reason: 'the VM does not run' })];
    expect(whyOf({ status: 'failed', resources })).toBe('web-01 nic 1: the VM does not run');
  });

  it('by the error of the host as a whole', () => {
    expect(whyOf({ status: 'failed', error: 'no virsh', resources: [nicChange('failed')] })).toBe('no virsh');
  });

  it('or, where no host is, what ended the run with 1', () => {
    const rule = { name: 'r', file: 'p.yml', line: 3 };
    const result = runResult([hostResult('hv01')], { missingDomains: [{ domain: 'db', rule }], exitCode: 1 });
    const { text } = JSON.parse(notification('slack', result)) as { text: string };
    expect(text.split('\n').slice(1)).toEqual(['rule "r" names the VM "db", which no host has']);
  });
});
