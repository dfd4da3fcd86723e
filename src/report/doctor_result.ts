import { CHECKS, type Diagnosis, type Finding, type HostDiagnosis } from '../doctor/finding.ts';
import type { HostResult } from '../model/result.ts';

/**
 * What was found as results of hosts that have nothing to limit, so that formats of runs tell it: a problem is a
 * failure, with all problems in its error and the name of the first check as its code; the rest are notes.
 */
export function diagnosedHosts({ hosts }: Diagnosis): readonly HostResult[] {
  return hosts.map(hostOf);
}

function hostOf({ name, address, status, durationMs, findings }: HostDiagnosis): HostResult {
  const problems = findings.filter((one) => one.status === 'problem');
  const notes = findings.flatMap((one) => [
    ...(one.status === 'warning' || one.status === 'unknown' ? [`${one.status}: ${textOf(one)}`] : []),
    ...(one.notes ?? []).map((note) => `${CHECKS[one.check]}: ${note}`),
  ]);
  return {
    name,
    address,
    // Nothing of it is counted by hypervisor.
    hypervisor: name,
    status: status === 'unreachable' ? status : status === 'problem' ? 'failed' : 'ok',
    ...(problems[0] === undefined
      ? {}
      : { error: problems.map(textOf).join('; '), errorCode: problems[0].check }),
    ...(notes.length === 0 ? {} : { notes }),
    durationMs,
    resources: [],
    totals: {},
  };
}

function textOf({ check, text, fix }: Finding): string {
  return `${CHECKS[check]}: ${text}${fix === undefined ? '' : ` → ${fix}`}`;
}
