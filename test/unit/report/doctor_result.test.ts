import { describe, expect, it } from 'vitest';
import { finding, type HostDiagnosis, ok } from '../../../src/doctor/finding.ts';
import { diagnosedHosts } from '../../../src/report/doctor_result.ts';
import { findingsOf } from '../../../src/reporters/findings.ts';
import { runResult } from '../reporters/results.ts';

const host = (name: string, status: HostDiagnosis['status'], findings: HostDiagnosis['findings']) =>
  ({ name, address: `${name}.example`, status, durationMs: 5, findings }) as const;
const results = (...hosts: HostDiagnosis[]) =>
  diagnosedHosts({ startedAt: '', finishedAt: '', exitCode: 0, hosts });

describe('what doctor found, as the result of a run', () => {
  it('is a failure with all problems and their remedies; what is less is a note', () => {
    const [one] = results(
      host('hv01', 'problem', [
        ok('reachable', 'in 2 ms', ['by a jump host']),
        finding('clock', 'warning', '5 s off', 'set it'),
        finding('read', 'problem', 'may not read', 'add it to the group'),
        finding('write', 'problem', 'may not write'),
        finding('ovs', 'unknown', 'not told'),
      ]),
    );
    expect(one).toMatchObject({
      name: 'hv01',
      status: 'failed',
      errorCode: 'read',
      error: 'may read: may not read → add it to the group; may write: may not write',
      notes: [
        'reachable: by a jump host',
        'warning: clock: 5 s off → set it',
        'unknown: Open vSwitch: not told',
      ],
    });
  });

  it('counts as a run counts it: formats have one mapping', () => {
    const hosts = results(
      host('a', 'ok', [ok('reachable', 'x')]),
      host('b', 'warning', [finding('clock', 'warning', 'x')]),
      host('c', 'unreachable', [finding('reachable', 'problem', 'no route')]),
    );
    expect(hosts.map(({ status, error }) => [status, error])).toEqual([
      ['ok', undefined],
      ['ok', undefined],
      ['unreachable', 'reachable: no route'],
    ]);
    expect(findingsOf(runResult(hosts)).map((one) => [one.host, one.outcome])).toEqual([['c', 'error']]);
  });
});
