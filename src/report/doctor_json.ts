import { jsonText } from '../base/json_text.ts';
import { type Diagnosis, FINDING_STATUSES } from '../doctor/finding.ts';

export const DOCTOR_SCHEMA = 'virtune.doctor/1';

/** The JSON report of `virtune doctor` (doctor.schema.json beside this file). */
export function doctorJson({ hosts, ...rest }: Diagnosis): string {
  const count = (status: string) => hosts.filter((host) => host.status === status).length;
  const findings = hosts.flatMap((host) => host.findings);
  const report = {
    schema: DOCTOR_SCHEMA,
    ...rest,
    summary: {
      hosts: {
        total: hosts.length,
        ok: count('ok'),
        warning: count('warning'),
        problem: count('problem'),
        unreachable: count('unreachable'),
      },
      findings: Object.fromEntries(
        FINDING_STATUSES.map((status) => [status, findings.filter((each) => each.status === status).length]),
      ),
    },
    hosts,
  };
  return `${jsonText(report)}\n`;
}
