import { performance } from 'node:perf_hooks';
import { becomeCommand, withBecome, withoutBecome } from '../connection/become/become.ts';
import { BecomeError, becomeTrouble } from '../connection/become/errors.ts';
import { connect } from '../connection/connect.ts';
import { type Connection, ConnectionError, type ExecResult } from '../connection/connection.ts';
import { newMarker } from '../engine/context.ts';
import type { HostJob } from '../engine/job.ts';
import { parseApplyAnswer } from '../libvirt/answer.ts';
import { type DoctorAnswer, parseDoctorAnswer } from '../libvirt/doctor_answer.ts';
import { renderDoctor } from '../libvirt/doctor_script.ts';
import { keepPaths } from '../libvirt/keep.ts';
import { renderApply } from '../libvirt/script.ts';
import { writeProbe, writeRight } from '../libvirt/write_probe.ts';
import { diagnose } from './diagnose.ts';
import { type Finding, finding, type HostDiagnosis, worst } from './finding.ts';
import type { WriteTried } from './libvirt_findings.ts';
import { connected, connectFailure } from './way_findings.ts';

/**
 * Looks at a host in one visit: one connection, one exec that reads and one that asks for a change which cannot be
 * made. Changes nothing. Never throws for the host's troubles.
 * @param checks judge runs with --check: they only read
 */
export async function examineHost(job: HostJob, signal: AbortSignal, checks = false): Promise<HostDiagnosis> {
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
    const findings = await examine(connection, job, checks);
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

async function examine(connection: Connection, job: HostJob, checks: boolean): Promise<readonly Finding[]> {
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
  const write = await tryWrite(connection, job, answer, { refusal, checks });
  return [...connected(job.target), ...diagnose(job, answer, { refusal, asked, answered, write })];
}

/** Asks for a change by the very program and the way that a run takes, so that every rule on that way is asked too. */
async function tryWrite(
  connection: Connection,
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
  const command = renderApply({ marker, uri: job.uri, keep: keepPaths({ metadata: false }) }, [step]);
  try {
    const { stdout, stderr } = await withBecome(connection, job.become ?? null, newMarker).exec(command);
    const [outcome] = parseApplyAnswer(marker, 1, new Map(), stdout, stderr).steps;
    return outcome === undefined ? 'not_tried' : writeRight(outcome);
  } catch (error) {
    if (error instanceof BecomeError) return error;
    throw error;
  }
}
