import { groupBy } from '../base/group.ts';
import type { ConnectionError } from '../connection/connection.ts';
import { rightsText } from '../libvirt/errors.ts';
import type { Change } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { HostResult, VmsRead } from '../model/result.ts';
import type { Applied } from './apply.ts';
import { INTERNAL } from './exit_code.ts';
import { ignoreHostFailure, SUBJECT_FAILURES } from './failures.ts';
import { hypervisorId } from './hypervisor.ts';
import type { HostJob } from './job.ts';
import { sharedAdvice, textOf, writeAdvice } from './trouble.ts';
import type { ReadVisit, Trouble } from './visit.ts';

/** The results of all hosts that a visit was for, each with what it asked for. */
export function visitResults(
  { visit, facts, plan, notes, vms }: ReadVisit & { readonly vms?: VmsRead | undefined },
  { changes, lost, refusal, noRights, defect, notes: written }: Applied,
  losses: readonly ConnectionError[],
  durationMs: number,
  mustRun: boolean,
): readonly HostResult[] {
  return visit.jobs.map((job): HostResult => {
    const resources = changes.flatMap(({ change, hosts }) =>
      hosts.includes(job.name) ? [change.host === job.name ? change : { ...change, host: job.name }] : [],
    );
    const said = [...notes, ...timesEach(losses.map(reopenedNote)), ...written];
    const base = {
      ...emptyResult(job),
      durationMs,
      resources,
      totals: plan.totals,
      ...(vms === undefined ? {} : { vms }),
      ...(said.length === 0 ? {} : { notes: said }),
    };
    if (defect !== null) return { ...base, status: 'failed', error: defect, errorCode: INTERNAL };
    if (lost !== null)
      return ignoreHostFailure(job, {
        ...base,
        status: 'unreachable',
        error: textOf(lost),
        errorCode: lost.code,
      });
    if (refusal !== null)
      return ignoreHostFailure(job, {
        ...base,
        status: 'failed',
        error: textOf(refusal),
        errorCode: refusal.code,
        ...sharedAdvice(refusal),
      });
    const denied = noRights.get(job.name);
    if (denied !== undefined)
      return ignoreHostFailure(job, { ...base, status: 'failed', ...rightsError(job, denied) });
    if (facts.unreadable.length > 0)
      return ignoreHostFailure(job, { ...base, status: 'failed', ...unreadableError(facts) });
    return ignoreHostFailure(job, { ...base, status: hostStatus(resources, mustRun) });
  });
}

/** The result of a host whose hypervisor could not be read. */
export function troubledResult(job: HostJob, trouble: Trouble, durationMs: number): HostResult {
  return ignoreHostFailure(job, { ...emptyResult(job), ...trouble, durationMs });
}

/** The trouble of a visit is told by the name that it was made under: the others say why that name stands there. */
export function troubleFor(job: HostJob, lead: HostJob, trouble: Trouble): Trouble {
  if (job === lead) return trouble;
  return { ...trouble, error: `${trouble.error} (${lead.name} is the same hypervisor)` };
}

export function skippedResult(job: HostJob, reason: string): HostResult {
  return { ...emptyResult(job), status: 'skipped', error: reason };
}

/** A host that no task is for: it is not contacted. */
export function emptyResult(job: HostJob): HostResult {
  const { name, target } = job;
  return {
    name,
    address: target.address,
    hypervisor: hypervisorId(job),
    status: 'ok',
    durationMs: 0,
    resources: [],
    totals: {},
  };
}

/** @param mustRun what does not run counts as failed */
export function hostStatus(resources: readonly Change[], mustRun: boolean): HostResult['status'] {
  const counted = resources.filter((change) => change.ignored !== true);
  const has = (...statuses: Change['status'][]) => counted.some(({ status }) => statuses.includes(status));
  if (has('refused')) return 'refused';
  if (has(...SUBJECT_FAILURES)) return 'failed';
  if (mustRun && has('notRunning')) return 'failed';
  if (has('skipped') && !has('changed')) return 'skipped';
  return has('changed', 'pending', 'skipped') ? 'changed' : 'ok';
}

/** The same said several times is said once, with how often. */
function timesEach(notes: readonly string[]): readonly string[] {
  return [...groupBy(notes, (note) => note)].map(([note, { length }]) =>
    length === 1 ? note : `${note} (${length} times)`,
  );
}

function reopenedNote(lost: ConnectionError): string {
  return `${lost.message}; it was opened again, and what was under way was repeated`;
}

function rightsError({ uri }: HostJob, words: string): Pick<HostResult, 'error' | 'errorCode' | 'remedy'> {
  const error = { message: rightsText('change', words), hint: writeAdvice(uri) };
  return { error: textOf(error), errorCode: 'no_rights', ...sharedAdvice(error) };
}

function unreadableError(facts: HostFacts): Pick<HostResult, 'error' | 'errorCode'> {
  const list = facts.unreadable.map(({ name, uuid, error }) => `${name || uuid}: ${error}`);
  return { error: `could not read ${list.length} of the VMs: ${list.join('; ')}`, errorCode: 'unreadable' };
}
