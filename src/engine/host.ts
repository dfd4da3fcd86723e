import { performance } from 'node:perf_hooks';
import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { AnswerError } from '../libvirt/answer.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostResult, NicResult } from '../model/result.ts';
import type { Plan, PlanItem } from '../modules/module.ts';
import { applyPlan } from './apply.ts';
import type { HostContext } from './context.ts';
import { INTERNAL } from './exit_code.ts';
import { hasFailed, ignoreFailure, skippedAfterFailure } from './failures.ts';
import type { HostJob } from './job.ts';
import { planTasks } from './plan_tasks.ts';
import { readHost } from './read_host.ts';

/** A host after its read: either there is nothing more to do with it, or a plan to carry out. */
export type Begun =
  | { readonly done: HostResult }
  | { readonly planned: PlannedHost; readonly plans: readonly Plan<PlanItem>[] };

export interface PlannedHost {
  readonly job: HostJob;
  readonly session: Session;
  readonly facts: HostFacts;
  readonly startedAt: number;
  /** Why the connection had to be opened again, each time; filled as it happens. */
  readonly losses: readonly ConnectionError[];
}

/**
 * Connects to a host, reads it once and plans all its tasks. Writes nothing. Never throws: a defect of virtune's own,
 * too, is the outcome of this host alone, while others may be in the middle of a change.
 */
export async function beginHost(job: HostJob, context: HostContext): Promise<Begun> {
  const startedAt = performance.now();
  const losses: ConnectionError[] = [];
  let session: Session | null = null;
  try {
    // Both programs bear being run twice: one reads, the other sets absolute values and reads them back.
    const onRepeat = (lost: ConnectionError): void => void losses.push(lost);
    const { signal, connector } = context;
    session = await connector.connect(job.target, { signal, become: job.become, onRepeat });
    const facts = await readHost(session, job);
    if ('kind' in facts) {
      session.close();
      const hint = ADVICE[facts.kind];
      return { done: troubled(job, startedAt, facts.kind, text({ message: facts.message, hint })) };
    }
    const plans = planTasks(job, facts);
    if (context.check || plans.every((plan) => plan.items.every((item) => item.steps.length === 0)))
      session.close();
    return { planned: { job, session, facts, startedAt, losses }, plans };
  } catch (error) {
    session?.close();
    if (error instanceof ConnectionError) return { done: unreachable(job, startedAt, error) };
    if (error instanceof BecomeError) return { done: troubled(job, startedAt, error.code, text(error)) };
    return { done: troubled(job, startedAt, INTERNAL, internalError(error)) };
  }
}

/** Carries out what was planned and gives the host's result. Never throws. */
export async function finishHost(
  planned: PlannedHost,
  plans: readonly Plan<PlanItem>[],
  context: HostContext,
): Promise<HostResult> {
  const { job, facts, startedAt, losses } = planned;
  const { nics, lost, refusal, defect } = await applyTasks(planned, plans, context);
  const total = Math.max(0, ...plans.map((plan) => plan.total));
  const notes = [...new Set(plans.flatMap((plan) => plan.notes ?? [])), ...losses.map(reopenedNote)];
  const base = {
    name: job.name,
    address: job.target.address,
    durationMs: elapsed(startedAt),
    nics,
    nicsTotal: total,
    ...(notes.length === 0 ? {} : { notes }),
  };
  if (defect !== null) return { ...base, status: 'failed', error: defect, errorCode: INTERNAL };
  if (lost !== null) return { ...base, status: 'unreachable', error: text(lost), errorCode: lost.code };
  if (refusal !== null) return { ...base, status: 'failed', error: text(refusal), errorCode: refusal.code };
  if (facts.unreadable.length > 0) return { ...base, status: 'failed', ...unreadableError(facts) };
  return { ...base, status: hostStatus(nics, context) };
}

interface Applied {
  readonly nics: readonly NicResult[];
  readonly lost: ConnectionError | null;
  readonly refusal: BecomeError | null;
  /** What went wrong in virtune itself. */
  readonly defect: string | null;
}

async function applyTasks(
  { job, session, facts }: PlannedHost,
  plans: readonly Plan<PlanItem>[],
  context: HostContext,
): Promise<Applied> {
  const nics: NicResult[] = [];
  let current = facts;
  let lost: ConnectionError | null = null;
  let refusal: BecomeError | null = null;
  let at = 0;
  try {
    for (const [index, task] of job.tasks.entries()) {
      at = index;
      // Facts that an earlier task has changed ask for a new plan; a lost host keeps the old one.
      const replan = current !== facts && lost === null;
      const plan = (replan ? planTasks(job, current) : plans)[index];
      if (plan === undefined) continue;
      if (hasFailed(nics)) {
        nics.push(...plan.items.map(skippedAfterFailure));
        continue;
      }
      const outcome = await applyPlan(task.module, plan, { job, session, facts: current, context, lost });
      const ignored = task.options?.ignoreErrors === true;
      nics.push(...(ignored ? outcome.nics.map(ignoreFailure) : outcome.nics));
      current = outcome.facts;
      lost = outcome.lost;
      refusal ??= outcome.refusal;
    }
    return { nics, lost, refusal, defect: null };
  } catch (error) {
    const left = plans.slice(at).flatMap(({ items }) => items.map(afterDefect));
    return { nics: [...nics, ...left], lost, refusal, defect: internalError(error) };
  } finally {
    session.close();
  }
}

/** An item of a task in which virtune itself failed, or of a later one. */
function afterDefect({ result, steps }: PlanItem): NicResult {
  if (steps.length === 0) return result;
  const message = 'virtune itself failed before it was known whether this was written: run again to see';
  return { ...result, status: 'failed', message };
}

function internalError(error: unknown): string {
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `virtune itself failed there, please report it: ${trace
    .split('\n')
    .slice(0, 3)
    .map((line) => line.trim())
    .join(' ')}`;
}

function hostStatus(nics: readonly NicResult[], { mustRun }: HostContext): HostResult['status'] {
  const counted = nics.filter((nic) => nic.ignored !== true);
  const has = (...statuses: NicResult['status'][]) => counted.some((nic) => statuses.includes(nic.status));
  if (has('refused')) return 'refused';
  if (has('failed', 'busy', 'ambiguous', 'notFound', 'unsupported')) return 'failed';
  if (mustRun === true && has('notRunning')) return 'failed';
  return has('changed', 'pending') ? 'changed' : 'ok';
}

function reopenedNote(lost: ConnectionError): string {
  return `${lost.message}; it was opened again, and what was under way was repeated`;
}

function elapsed(startedAt: number): number {
  return Math.round(performance.now() - startedAt);
}

function text(error: { message: string; hint?: string | undefined }): string {
  return error.hint === undefined ? error.message : `${error.message}; ${error.hint}`;
}

function unreachable(job: HostJob, startedAt: number, error: ConnectionError): HostResult {
  return {
    name: job.name,
    address: job.target.address,
    status: 'unreachable',
    error: text(error),
    errorCode: error.code,
    durationMs: elapsed(startedAt),
    nics: [],
    nicsTotal: 0,
  };
}

const ADVICE: Readonly<Partial<Record<AnswerError['kind'], string>>> = {
  no_awk: 'install mawk, gawk or busybox there',
  no_virsh: 'install libvirt-clients there, or take the host out of the play',
  no_libvirtd: 'is libvirtd (or virtqemud) running there?',
  merged_streams:
    'nothing was written: look for "exec 2>&1" in the profile of the login (~/.bashrc, /etc/profile.d), or for a become method that merges the two, e.g. one with a terminal',
  no_rights: 'connect as root, or as a user who may use libvirt (group libvirt)',
};

function troubled(job: HostJob, startedAt: number, errorCode: string, error: string): HostResult {
  return {
    name: job.name,
    address: job.target.address,
    status: 'failed',
    error,
    errorCode,
    durationMs: elapsed(startedAt),
    nics: [],
    nicsTotal: 0,
  };
}

function unreadableError(facts: HostFacts): Pick<HostResult, 'error' | 'errorCode'> {
  const list = facts.unreadable.map(({ name, uuid, error }) => `${name || uuid}: ${error}`);
  return { error: `could not read ${list.length} of the VMs: ${list.join('; ')}`, errorCode: 'unreadable' };
}
