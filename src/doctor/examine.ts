import { performance } from 'node:perf_hooks';
import { becomeCommand, withoutBecome } from '../connection/become/become.ts';
import { BecomeError, becomeTrouble } from '../connection/become/errors.ts';
import { execAs } from '../connection/become/exec_as.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Connector } from '../connection/connector.ts';
import { newMarker } from '../connection/marker.ts';
import type { ExecResult, Session } from '../connection/session.ts';
import type { HostJob } from '../engine/job.ts';
import { parseApplyAnswer } from '../libvirt/apply_answer.ts';
import { renderApply } from '../libvirt/apply_script.ts';
import { renderDoctor } from '../libvirt/doctor_script.ts';
import { connected, connectFailure } from './connection_findings.ts';
import { diagnose } from './diagnose.ts';
import { DOCTOR_KEEP, type DoctorAnswer, parseDoctorAnswer } from './examination.ts';
import { type Finding, finding, type HostDiagnosis, worst } from './finding.ts';
import type { WriteTried } from './libvirt_findings.ts';
import { silentFindings } from './silent.ts';
import { writeProbe, writeRight } from './write_probe.ts';

/**
 * Looks at a host in one visit: one connection, one exec that reads and one that asks for a change which cannot be
 * made. Changes nothing. Never throws for the host's troubles.
 * @param checks judge runs with --check: they only read
 */
export async function examineHost(
  connector: Connector,
  job: HostJob,
  signal: AbortSignal,
  checks = false,
): Promise<HostDiagnosis> {
  const startedAt = performance.now();
  const result = (status: HostDiagnosis['status'], findings: readonly Finding[]): HostDiagnosis => ({
    name: job.name,
    address: job.target.address,
    status,
    durationMs: Math.round(performance.now() - startedAt),
    findings,
  });
  let session: Session | null = null;
  try {
    session = await connector.connect(job.target, { signal });
    const findings = await examine(session, job, checks);
    return result(worst(findings), findings);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (session === null) return result('unreachable', connectFailure(job.target, error));
    const lost = finding('login_shell', 'problem', error.message, error.hint);
    return result('unreachable', [...connected(job.target), lost]);
  } finally {
    session?.close();
  }
}

async function examine(session: Session, job: HostJob, checks: boolean): Promise<readonly Finding[]> {
  const [marker, becomeMarker] = [newMarker(), newMarker()];
  const rendered = renderDoctor({ marker, uri: job.uri, virsh: job.virsh, keep: DOCTOR_KEEP });
  const { command, stdin } = job.become
    ? becomeCommand(rendered, job.become, becomeMarker, true)
    : { command: rendered, stdin: undefined };
  const asked = Date.now();
  const said = await session.exec(command, stdin).catch((error: unknown) => {
    const silent = silentFindings(marker, error);
    if (silent === null) throw error;
    return silent;
  });
  if (!('stdout' in said)) return [...connected(job.target), ...said];
  const answered = Date.now();
  let refusal: BecomeError | null = null;
  let result: ExecResult = said;
  if (job.become) {
    refusal = becomeTrouble(said.stderr, job.become, becomeMarker);
    result = withoutBecome(said, job.become, becomeMarker);
  }
  const answer = parseDoctorAnswer(marker, result.stdout, result.stderr);
  const write = await tryWrite(session, job, answer, { refusal, checks });
  return [...connected(job.target), ...diagnose(job, answer, { refusal, asked, answered, write })];
}

/** Asks for a change by the very program and the way that a run takes, so that every rule on that way is asked too. */
async function tryWrite(
  session: Session,
  job: HostJob,
  answer: DoctorAnswer,
  { refusal, checks }: { refusal: BecomeError | null; checks: boolean },
): Promise<WriteTried> {
  if (checks) return 'checks';
  // No second try after a wrong password: hosts count them.
  if (refusal !== null || 'error' in answer || answer.examination.keyMode === 'read') return 'not_tried';
  const { facts } = answer.examination;
  const marker = newMarker();
  const step = writeProbe('domains' in facts ? facts.domains : []);
  const command = renderApply({ marker, uri: job.uri, virsh: job.virsh, keep: DOCTOR_KEEP }, [step]);
  try {
    const { stdout, stderr } = await execAs(session, job.become ?? null, command);
    const [outcome] = parseApplyAnswer(marker, 1, stdout, stderr).steps;
    return outcome === undefined ? 'not_tried' : writeRight(outcome);
  } catch (error) {
    if (error instanceof BecomeError) return error;
    throw error;
  }
}
