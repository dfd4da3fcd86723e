import { performance } from 'node:perf_hooks';
import { becomeCommand, withoutBecome } from '../connection/become/become.ts';
import { type BecomeError, becomeTrouble } from '../connection/become/errors.ts';
import { connect } from '../connection/connect.ts';
import { type Connection, ConnectionError, type ExecResult } from '../connection/connection.ts';
import { newMarker } from '../engine/context.ts';
import type { HostJob } from '../engine/job.ts';
import { parseDoctorAnswer } from '../libvirt/doctor_answer.ts';
import { renderDoctor } from '../libvirt/doctor_script.ts';
import { diagnose } from './diagnose.ts';
import { type Finding, finding, type HostDiagnosis, worst } from './finding.ts';
import { connected, connectFailure } from './way_findings.ts';

/** Looks at a host in one visit: one connection, one exec. Changes nothing. Never throws for the host's troubles. */
export async function examineHost(job: HostJob, signal: AbortSignal): Promise<HostDiagnosis> {
  const startedAt = performance.now();
  const result = (status: HostDiagnosis['status'], findings: readonly Finding[]): HostDiagnosis => ({
    name: job.name,
    address: job.target.address,
    status,
    durationMs: Math.round(performance.now() - startedAt),
    findings,
  });
  let connection: Connection | null = null;
  try {
    connection = await connect(job.target, signal);
    const findings = await examine(connection, job);
    return result(worst(findings), findings);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    if (connection === null) return result('unreachable', connectFailure(job.target, error));
    const lost = finding('login_shell', 'problem', error.message, error.hint);
    return result('unreachable', [...connected(job.target), lost]);
  } finally {
    connection?.close();
  }
}

async function examine(connection: Connection, job: HostJob): Promise<readonly Finding[]> {
  const [marker, becomeMarker] = [newMarker(), newMarker()];
  const rendered = renderDoctor(marker, job.uri);
  const { command, stdin } = job.become
    ? becomeCommand(rendered, job.become, becomeMarker, true)
    : { command: rendered, stdin: undefined };
  const asked = Date.now();
  const said = await connection.exec(command, stdin);
  const answered = Date.now();
  let refusal: BecomeError | null = null;
  let result: ExecResult = said;
  if (job.become) {
    refusal = becomeTrouble(said.stderr, job.become, becomeMarker);
    result = withoutBecome(said, job.become, becomeMarker);
  }
  const answer = parseDoctorAnswer(marker, result.stdout, result.stderr);
  return [...connected(job.target), ...diagnose(job, answer, { refusal, asked, answered })];
}
