import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { newConnector } from '../connection/connector.ts';
import { newShared } from '../connection/shared.ts';
import { type Drift, driftFrom } from '../engine/drift/index.ts';
import { EXIT, exitCode } from '../engine/exit_code.ts';
import { harmless } from '../engine/observer.ts';
import type { Confirm, MaxFailures } from '../engine/rollout.ts';
import { LOCK_WAIT_SECONDS, runPlays } from '../engine/run.ts';
import { firstEnd, MAX_CONFIRM_SECONDS, type Trials } from '../engine/watchdog.ts';
import { type GateInputs, gatesOf } from '../gates/index.ts';
import { type Diagnostic, inputError } from '../model/diagnostic.ts';
import type { HostResult, RunHead, RunResult } from '../model/result.ts';
import type { WaiverUse } from '../model/waiver.ts';
import { endOf } from '../record/end.ts';
import type { Head } from '../record/entry.ts';
import { openRecord, type RunRecorder } from '../record/recorder.ts';
import { newRunId } from '../record/run_id.ts';
import { allRead, waiverUses } from '../waivers/uses.ts';
import { type Guard, plainGuard, policyInput } from './guard.ts';
import { localUser } from './local_user.ts';
import { DEFAULT_FORKS, type OpenedProject, openProject } from './open.ts';
import type { Plan, Project, ProjectInput, RunOptions } from './types.ts';

/** What the command line says beside what programs do. */
export interface RunDetails {
  /** What does not run fails the run, where its limits are for the running VM only. */
  readonly mustRun?: boolean | undefined;
  /** What was given for gates; a policy is the project's. */
  readonly gates?: Omit<GateInputs, 'policy'> | undefined;
  /** Who asks, where the project has a policy; the user of the process when absent, who is asked nothing. */
  readonly guard?: Guard | undefined;
  readonly maxFailures?: MaxFailures | undefined;
  readonly confirm?: Confirm | undefined;
  /** Says of differences why they are there, where `baseline` does not. */
  readonly drift?: Drift | undefined;
  /** Read what a later run tells causes by; true for programs, whose result is all that they have. */
  readonly evidence?: boolean | undefined;
  /** Only count what is in sync or not named, once `on` has heard of it. */
  readonly countUnchanged?: boolean | undefined;
  /** Begins the record of a run that writes, before any host is contacted; without it none is kept. */
  readonly record?: ((head: RunHead) => Promise<RunRecorder>) | undefined;
}

/** `run` of index.ts, which says what it does. */
export async function run(
  what: Project | ProjectInput,
  options: RunOptions & RunDetails = {},
): Promise<RunResult> {
  return runProject(await opened(what, false), false, options);
}

/** `plan` of index.ts. */
export async function plan(
  what: Project | ProjectInput,
  options: RunOptions & RunDetails = {},
): Promise<Plan> {
  const result = await runProject(await opened(what, true), true, options);
  const changes = result.hosts.flatMap(({ resources }) =>
    resources.filter(({ status }) => status === 'pending'),
  );
  return { ...result, mode: 'check', changes };
}

/** A project is as `validate` or the command line have opened it: it has more than programs are told. */
async function opened(what: Project | ProjectInput, check: boolean): Promise<OpenedProject> {
  return 'plays' in what ? (what as OpenedProject) : openProject({ ...what, check });
}

async function runProject(
  project: OpenedProject,
  check: boolean,
  options: RunOptions & RunDetails,
): Promise<RunResult> {
  const { plays, warnings, shard } = project;
  const { ask = nobody, missingOk = false, strict = false, failOn, baseline } = options;
  const { guard = plainGuard(project.policy) } = options;
  const never = new AbortController().signal;
  const { signal = never, abort = never } = options;
  const stop = new AbortController();
  const defects: unknown[] = [];
  // In the middle of a run it would leave hosts half done: those that have begun are finished first.
  const on = harmless(options.on ?? {}, (error) => {
    defects.push(error);
    stop.abort();
  });
  const head = headOf(project, check, options);
  const waived = options.gates?.waivers ?? waiversInput(project);
  const drift = options.drift ?? (baseline === undefined ? null : driftFrom(baseline));
  const begin = options.record ?? recordIn(options);
  checkConfirm(options, check, begin !== undefined);
  const record = check ? undefined : await begin?.(head);
  const trials = trialsOf(options, head, record);
  const connector = newConnector({ shared: newShared(ask) });
  try {
    on.runStarted?.(head);
    const outcome = await runPlays(
      connector,
      plays,
      {
        check,
        record,
        trials,
        confirms: record,
        forks: options.forks ?? DEFAULT_FORKS,
        clock: () => project.now?.getTime() ?? Date.now(),
        lock: {
          owner: { user: head.user, machine: hostname(), run: head.id },
          waitSeconds: options.lockWait ?? LOCK_WAIT_SECONDS,
        },
        listAll: options.all ?? false,
        rewrite: options.rewrite ?? false,
        kernel: options.verify === 'kernel',
        mustRun: options.mustRun ?? false,
        gates: gatesOf({
          ...options.gates,
          waivers: waived,
          policy: policyInput(project, check, guard),
        }),
        answer: guard.answer,
        maxFailures: options.maxFailures,
        confirm: options.confirm,
        // This run tells causes by it, and a later one by this one's report.
        evidence: drift !== null || (options.evidence ?? true),
        countUnchanged: options.countUnchanged ?? false,
        ...(drift === null ? {} : { keepEvidence: true }),
      },
      { stopping: AbortSignal.any([signal, abort, stop.signal]), abort },
      drift === null ? on : { ...on, hostDone: (host) => on.hostDone?.(drift.explain(host)) },
    );
    const places = new Map(project.hosts.map((name, index) => [name, index]));
    const placeOf = ({ name }: HostResult): number => places.get(name) ?? 0;
    // As the inventory has them, whatever the order in which plays took them, so that two runs can be compared.
    const hosts = outcome.hosts.toSorted((a, b) => placeOf(a) - placeOf(b));
    const strictness = { missingOk, strict, failOn };
    const waivers = usesOf(waived, project, hosts);
    const told = [...warnings, ...expiredWarnings(waivers)];
    const status = exitCode({ ...outcome, warnings: told }, signal.aborted || abort.aborted, strictness);
    const unrecorded = (await record?.end(endOf(hosts, status, outcome.unmatchedRules))) ?? '';
    if (defects.length > 0) throw defects[0];
    const result: RunResult = {
      ...head,
      finishedAt: new Date().toISOString(),
      // What could not be recorded must not pass for a run that found everything in order.
      exitCode: unrecorded !== '' && status === EXIT.ok ? EXIT.input : status,
      hosts,
      unmatchedRules: outcome.unmatchedRules,
      missingDomains: outcome.missingDomains,
      missingOk,
      strict,
      ...(failOn === undefined ? {} : { failOn }),
      ...(project.now === undefined ? {} : { at: project.now.toISOString() }),
      ...(project.policy === null ? {} : { policies: project.policy.files }),
      ...(waivers.length === 0 ? {} : { waivers }),
      ...confirmEntry(trials),
      ...(shard === undefined
        ? {}
        : { shard: { ...shard, places: hosts.map(placeOf), evidence: outcome.evidence } }),
      warnings: [
        ...warnings,
        ...[unrecorded, ...outcome.notes].flatMap((message): Diagnostic[] =>
          message === '' ? [] : [{ severity: 'warning', message }],
        ),
      ],
    };
    return drift === null ? result : drift.explained(result);
  } finally {
    connector.close();
    await record?.close();
  }
}

/** Those that the project was opened with, as they hold when a run begins. */
function waiversInput({ waivers }: OpenedProject): GateInputs['waivers'] {
  return waivers === undefined ? undefined : { waivers, now: Date.now() };
}

/** The record of what a program does, where it names a folder for it. */
export function recordIn(
  { stateDir }: Pick<RunOptions, 'stateDir'>,
  as: Pick<Head, 'what' | 'of'> = { what: 'run' },
): RunDetails['record'] {
  if (stateDir === undefined) return undefined;
  return ({ id: run, startedAt: at, command, playbooks, inventory, user }) => {
    const who = { user, uid: process.getuid?.() ?? null, host: hostname() };
    const folder = resolve('.');
    return openRecord(resolve(stateDir), {
      run,
      at,
      ...as,
      command,
      playbooks,
      inventory,
      folder,
      who,
    });
  };
}

/** @throws InputError where nobody could confirm it */
function checkConfirm({ confirmWithin: seconds }: RunOptions, check: boolean, isRecorded: boolean): void {
  if (seconds === undefined) return;
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > MAX_CONFIRM_SECONDS)
    throw inputError('a confirm is waited for between a second and a day');
  if (check) throw inputError('a check writes nothing that would wait for a confirm');
  if (!isRecorded)
    throw inputError('a run that waits for a confirm must be recorded', 'name the folder of the record');
}

function trialsOf(
  { confirmWithin: seconds }: RunOptions,
  { id }: RunHead,
  record: RunRecorder | undefined,
): Trials | undefined {
  if (seconds === undefined || record === undefined) return undefined;
  return { run: id, seconds, armed: new Map(), record };
}

/** Until when the run must be confirmed, where it waits for that. */
function confirmEntry(trials: Trials | undefined): Pick<RunResult, 'confirm'> {
  const end = firstEnd(trials);
  return end === Number.POSITIVE_INFINITY ? {} : { confirm: { until: new Date(end).toISOString() } };
}

/** What became of the waivers. */
function usesOf(
  input: GateInputs['waivers'],
  { shard, plays }: OpenedProject,
  hosts: readonly HostResult[],
): readonly WaiverUse[] {
  if (input === undefined) return [];
  const whole = shard === undefined && plays.every(({ limited }) => !limited) && allRead(hosts);
  return waiverUses(input.waivers, input.now, hosts, whole);
}

/** What an expired waiver is to `--strict`. */
function expiredWarnings(waivers: readonly WaiverUse[]): readonly Diagnostic[] {
  return waivers
    .filter(({ state }) => state === 'expired')
    .map(({ reason }) => ({ severity: 'warning', message: reason }));
}

async function nobody(): Promise<null> {
  return null;
}

/** What is known of a run when it begins. */
function headOf(project: OpenedProject, check: boolean, { user, command = '' }: RunOptions): RunHead {
  const startedAt = new Date().toISOString();
  return {
    id: newRunId(startedAt),
    startedAt,
    mode: check ? 'check' : 'apply',
    playbooks: project.playbooks,
    inventory: project.inventory,
    user: user ?? localUser({}),
    command,
  };
}
