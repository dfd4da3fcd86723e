import { expect, it } from 'vitest';
import { parseFailOn } from '../../../src/cli/fail_on.ts';
import { exitCode } from '../../../src/engine/exit_code.ts';
import type { HostResult, HostStatus } from '../../../src/model/result.ts';
import type { SubjectStatus } from '../../../src/model/status.ts';

const host = (status: HostStatus, ...subjects: SubjectStatus[]) =>
  ({ status, resources: subjects.map((one) => ({ status: one })) }) as unknown as HostResult;
const ended = (hosts: readonly HostResult[], failOn: string, warnings = 0) =>
  exitCode(
    {
      hosts,
      requiredUnmet: false,
      missingDomains: [],
      unmatchedRules: [],
      warnings: Array.from({ length: warnings }, () => ({ severity: 'warning', message: 'odd' })),
    },
    false,
    { failOn: parseFailOn(failOn === '' ? [] : [failOn]) },
  );

it.each([
  [[host('changed', 'pending')], '', 2],
  [[host('changed', 'pending')], 'no-pending', 0],
  [[host('changed', 'changed')], '', 0],
  [[host('changed', 'changed')], 'changed', 2],
  [[host('failed', 'failed')], 'changed', 3],
  [[host('failed', 'failed')], 'no-failed', 0],
  [[host('unreachable')], '', 4],
  [[host('unreachable')], 'no-unreachable', 0],
  // It did fail, whatever became of the connection then.
  [[host('unreachable', 'failed')], '', 4],
  [[host('unreachable', 'failed')], 'no-unreachable', 3],
  [[host('unreachable'), host('changed', 'pending')], 'no-unreachable', 2],
  [[host('unreachable'), host('skipped')], 'no-unreachable', 3],
  [[host('refused', 'refused')], '', 5],
  [[host('refused', 'refused')], 'no-refused', 0],
  [[host('refused', 'refused'), host('failed')], 'no-refused', 3],
] as const)('%j with --fail-on %j ends with %d', (hosts, failOn, status) => {
  expect(ended(hosts, failOn)).toBe(status);
});

it('warnings end with 1 where they are named', () => {
  expect([
    ended([host('ok')], '', 1),
    ended([host('ok')], 'warnings', 1),
    ended([host('ok')], 'warnings'),
  ]).toEqual([0, 1, 0]);
});

it('words that are none, and words with their opposite, are errors', () => {
  expect(() => parseFailOn(['pending,drift'])).toThrow('--fail-on knows no "drift"');
  expect(() => parseFailOn([''])).toThrow('--fail-on knows no ""');
  expect(() => parseFailOn(['changed', 'no-changed'])).toThrow('has both changed and no-changed');
});
