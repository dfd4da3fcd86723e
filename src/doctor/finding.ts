/**
 * - ok
 * - warning: runs work; this is worth knowing
 * - problem: runs fail, or do not do what they say
 * - unknown: the host does not tell
 */
export const FINDING_STATUSES = ['ok', 'warning', 'problem', 'unknown'] as const;

export type FindingStatus = (typeof FINDING_STATUSES)[number];

/** What was looked at, in the order in which a run needs it. */
export const CHECKS = {
  reachable: 'reachable',
  host_key: 'host key',
  authentication: 'login',
  become: 'become',
  login_shell: 'login shell',
  virsh: 'virsh',
  libvirt: 'libvirt',
  uri: 'URI',
  read: 'may read',
  write: 'may write',
  tc: 'tc',
  kernel_modules: 'kernel modules',
  ovs: 'Open vSwitch',
  nics: 'NICs',
  neutron: 'Neutron',
  clock: 'clock',
} as const;

export type CheckName = keyof typeof CHECKS;

/** What was found, and its remedy. */
export interface Finding {
  readonly check: CheckName;
  readonly status: FindingStatus;
  readonly text: string;
  readonly fix?: string;
  readonly notes?: readonly string[];
}

/** A host as `virtune doctor` found it (schema virtune.doctor/1). */
export interface HostDiagnosis {
  readonly name: string;
  readonly address: string;
  /** The worst of the findings; unreachable where there was no connection, or it was lost. */
  readonly status: 'ok' | 'warning' | 'problem' | 'unreachable';
  readonly durationMs: number;
  readonly findings: readonly Finding[];
}

/** Everything a run of `virtune doctor` has to say. */
export interface Diagnosis {
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly exitCode: number;
  readonly hosts: readonly HostDiagnosis[];
}

export const ok = (check: CheckName, text: string, notes: readonly string[] = []): Finding => ({
  check,
  status: 'ok',
  text,
  ...(notes.length === 0 ? {} : { notes }),
});

export const finding = (
  check: CheckName,
  status: Exclude<FindingStatus, 'ok'>,
  text: string,
  fix?: string,
): Finding => ({ check, status, text, ...(fix === undefined ? {} : { fix }) });

/** The worst status; what is unknown does no harm by itself. */
export function worst(findings: readonly Finding[]): 'ok' | 'warning' | 'problem' {
  const has = (status: FindingStatus) => findings.some((each) => each.status === status);
  return has('problem') ? 'problem' : has('warning') ? 'warning' : 'ok';
}

/** The same host with more that was found; nothing is said besides of one that could not be reached. */
export function withFindings(host: HostDiagnosis, more: readonly Finding[]): HostDiagnosis {
  if (host.status === 'unreachable' || more.length === 0) return host;
  const findings = [...host.findings, ...more];
  return { ...host, status: worst(findings), findings };
}
