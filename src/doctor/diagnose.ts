import type { BecomeError } from '../connection/become/errors.ts';
import type { HostJob } from '../engine/job.ts';
import { becomeFinding, clockFinding } from './connection_findings.ts';
import type { DoctorAnswer, Examination } from './examination.ts';
import { type Finding, finding, ok } from './finding.ts';
import { libvirtFindings, type WriteTried } from './libvirt_findings.ts';
import { networkFindings, nicsOfHost } from './network_findings.ts';

export interface Visit {
  /** What sudo or doas said when it turned the login down; the host was examined as the login then. */
  readonly refusal: BecomeError | null;
  /** When the host was asked and had answered, by this machine's clock, in milliseconds. */
  readonly asked: number;
  readonly answered: number;
  readonly write: WriteTried;
}

/** What an answer of DOCTOR_PROGRAM says about a host. Pure. */
export function diagnose(
  job: Pick<HostJob, 'become' | 'uri' | 'virsh'>,
  answer: DoctorAnswer,
  { refusal, asked, answered, write }: Visit,
): readonly Finding[] {
  if ('error' in answer) {
    const fix = 'the login needs a shell that runs commands; its profile must not end it';
    const shell = finding('login_shell', 'problem', answer.error.message, fix);
    return refusal === null ? [shell] : [finding('become', 'problem', refusal.message, refusal.hint), shell];
  }
  const { examination } = answer;
  const nics = nicsOfHost(examination);
  const hasOvs = nics?.some((nic) => nic.isOvs) ?? false;
  return [
    becomeFinding(job.become, refusal, examination.user),
    shellFinding(examination),
    ...libvirtFindings(examination, job, hasOvs, write),
    ...networkFindings(examination, nics, job.virsh?.includes(' ') === true),
    clockFinding(examination.time, asked, answered),
  ];
}

function shellFinding({ loginShell, noise }: Examination): Finding {
  const name = loginShell || 'runs commands';
  if (noise === 0) return ok('login_shell', name);
  return ok('login_shell', name, [`its profile prints ${noise} characters, which virtune passes over`]);
}
