import { setTimeout as sleep } from 'node:timers/promises';
import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import { devicePaths } from '../facts/read.ts';
import type { StepOutcome } from '../libvirt/apply_answer.ts';
import { isRacedByTc } from '../libvirt/errors.ts';
import type { Change, Sides, Step } from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';
import { type Attempt, isExplained, repairsOf } from './attempt.ts';
import type { HostContext } from './context.ts';
import { runOutside } from './outside.ts';
import { HELD_BACK, type HostStep, runSteps, type Writing } from './write_steps.ts';

/** How often one step, or one repair, was tried in vain. */
interface Tries {
  busy: number;
  absent: number;
  lost: number;
  raced: number;
}

/** A change on its way through its steps. */
export interface Progress {
  readonly change: Change;
  next: number;
  tries: Tries;
  /** Tried in vain: the others of the host come first, and then it waits. */
  waits: boolean;
  doubtful: boolean;
  repeated: boolean;
  /** That try met another program at the queues of its device. */
  raced: boolean;
  before: Sides | null;
  outcome: StepOutcome | null;
  repairs: readonly Step[];
  readonly repaired: StepOutcome[];
}

const noTries = (): Tries => ({ busy: 0, absent: 0, lost: 0, raced: 0 });

export function newProgress(change: Change): Progress {
  return {
    change,
    next: 0,
    tries: noTries(),
    waits: false,
    doubtful: false,
    repeated: false,
    raced: false,
    before: null,
    outcome: null,
    repairs: [],
    repaired: [],
  };
}

const uuidOf = ({ change }: Progress): string => change.domain.uuid;

function hostStep({ change: { domain, module, subject } }: Progress, { commands }: Step): HostStep {
  const facts = moduleNamed(module).factsFor?.(subject) ?? [];
  return { uuid: domain.uuid, commands, paths: devicePaths(facts) };
}

const stepOf = ({ change, next }: Progress): Step =>
  change.steps[Math.min(next, change.steps.length - 1)] as Step;

/** How far a change has come. */
export function attemptOf(progress: Progress, outcome: StepOutcome, writing: Writing): Attempt {
  const { change, doubtful, repeated, raced, before, repaired } = progress;
  const after = writing.now(change);
  return { outcome, step: stepOf(progress), doubtful, repeated, raced, before, repairs: repaired, after };
}

/**
 * Brings every change to an outcome: first the steps, then what must be repaired after them.
 * @returns why the host does not let this login write, if it does not
 * @throws ConnectionError when the host is lost; what became of the changes until then is in them
 */
export async function runRounds(work: readonly Progress[], writing: Writing): Promise<BecomeError | null> {
  try {
    await write(work, writing);
    await readBack(work, writing);
    await repair(work, writing);
    await readBack(work, writing);
    return null;
  } catch (error) {
    if (!(error instanceof BecomeError)) throw error;
    for (const progress of work) progress.outcome ??= { kind: 'no_rights', error: error.message };
    return error;
  }
}

async function write(work: readonly Progress[], writing: Writing): Promise<void> {
  for (;;) {
    const pending = work.filter((progress) => progress.outcome === null);
    if (pending.length === 0) return;
    const ready = pending.filter((progress) => !progress.waits);
    if (ready.length === 0) await pause(writing.context);
    const now = (ready.length === 0 ? pending : ready).filter((progress) => look(progress, writing));
    const outcomes = await runAll(now, writing);
    for (const [index, progress] of now.entries()) advance(progress, outcomes[index] as StepOutcome, writing);
  }
}

/** One step of each: the host's in as few execs as may be, and beside that what is not the host's. */
async function runAll(now: readonly Progress[], writing: Writing): Promise<readonly StepOutcome[]> {
  const outside = now.filter((progress) => stepOf(progress).via !== undefined);
  const inside = now.filter((progress) => stepOf(progress).via === undefined);
  const onHost = () =>
    runSteps(
      inside.map((progress) => hostStep(progress, stepOf(progress))),
      writing,
    );
  if (outside.length === 0) return onHost();
  const { context, libvirt } = writing;
  const [ofHost, ofOthers] = await Promise.all([
    onHost(),
    runOutside(outside.map(stepOf), libvirt.enforcers, context.signal),
  ]);
  await writing.look();
  const outcomes = new Map<Progress, StepOutcome>();
  for (const [index, progress] of inside.entries()) outcomes.set(progress, ofHost[index] as StepOutcome);
  for (const [index, progress] of outside.entries()) outcomes.set(progress, ofOthers[index] as StepOutcome);
  return now.map((progress) => outcomes.get(progress) as StepOutcome);
}

/**
 * Takes what a subject has before a step of it is tried, which must be what this change explains; otherwise somebody
 * else has set it since, and the change is over, to be planned anew.
 * @returns whether the step is to be tried
 */
function look(progress: Progress, writing: Writing): boolean {
  const { change, tries } = progress;
  const has = writing.now(change);
  const halfDone =
    tries.lost > 0 || (stepOf(progress).commands.length > 1 && tries.busy + tries.absent + tries.raced > 0);
  if (has !== null && !isExplained(change, has, halfDone)) {
    progress.outcome = { kind: 'stale', error: 'nothing more was written to it' };
    return false;
  }
  progress.before = has;
  return true;
}

function advance(progress: Progress, outcome: StepOutcome, writing: Writing): void {
  progress.waits = false;
  if (outcome === HELD_BACK) return;
  if (outcome.kind === 'ok') {
    progress.next++;
    progress.doubtful = false;
    progress.tries = noTries();
    if (progress.next === progress.change.steps.length) progress.outcome = outcome;
    return;
  }
  const atOnce = isRaced(outcome) && ++progress.tries.raced <= RACED_RETRIES;
  progress.raced ||= atOnce;
  progress.doubtful ||= atOnce || isUnknown(outcome);
  progress.repeated ||= progress.doubtful;
  if (atOnce) return;
  // The host has only read it, since it was not known what it has.
  const read = outcome.kind === 'stale' && progress.before === null && writing.now(progress.change) !== null;
  const told = read ? UNSEEN : outcome;
  progress.waits = mayTryAgain(progress.tries, told, writing.context);
  if (!progress.waits) progress.outcome = told;
}

/** What is half set may not stand while others are waited for: it is set once more at once. */
const RACED_RETRIES = 1;

const isRaced = ({ kind, error }: StepOutcome): boolean => kind === 'virsh_failed' && isRacedByTc(error);

/** Whether a step may have done all of its work, a part of it or nothing. */
const isUnknown = ({ kind }: StepOutcome): boolean => kind === 'lost' || kind === 'garbled';

/** All values are absolute, so a step bears being run again. A restart of libvirtd takes some seconds. */
function mayTryAgain(tries: Tries, outcome: StepOutcome, context: HostContext): boolean {
  if (outcome.kind === 'busy') {
    tries.busy += outcome.job === undefined ? 1 : 1 / AT_ONCE;
    return tries.busy <= context.busyRetries;
  }
  if (outcome.kind === 'no_libvirtd') return ++tries.absent <= context.absentRetries;
  return isUnknown(outcome) && ++tries.lost <= LOST_RETRIES;
}

const LOST_RETRIES = 2;

/** So many tries of what the host refuses at once are as long as one that libvirt itself waits for. */
const AT_ONCE = 15;

const UNSEEN: StepOutcome = { kind: 'lost', error: 'it could not be read back' };

async function repair(work: readonly Progress[], writing: Writing): Promise<void> {
  for (const progress of work) {
    if (progress.outcome === null) continue;
    progress.repairs = repairsOf(progress.change, attemptOf(progress, progress.outcome, writing));
    progress.tries = noTries();
    progress.waits = false;
  }
  for (;;) {
    const broken = work.filter(
      (p) => p.repaired.length < p.repairs.length && p.repaired.at(-1)?.kind !== 'ok',
    );
    if (broken.length === 0) return;
    const ready = broken.filter((progress) => !progress.waits);
    if (ready.length === 0) await pause(writing.context);
    const now = ready.length === 0 ? broken : ready;
    const steps = now.map((progress) =>
      hostStep(progress, progress.repairs[progress.repaired.length] as Step),
    );
    // What is put back needs nothing that would give it back.
    const outcomes = await runSteps(steps, { ...writing, guard: { ...writing.guard, watchdog: undefined } });
    for (const [index, progress] of now.entries()) {
      const outcome = outcomes[index] as StepOutcome;
      progress.waits = outcome !== HELD_BACK && mayTryAgain(progress.tries, outcome, writing.context);
      if (!progress.waits && outcome !== HELD_BACK) progress.repaired.push(outcome);
    }
  }
}

/** Outcomes after which there is nothing to read, or nobody who would answer. */
const SILENT: readonly StepOutcome['kind'][] = [
  'gone',
  'no_rights',
  'not_run',
  'no_virsh',
  'no_libvirtd',
  'locked',
];

/** Reads the domains that a write did not give back, since libvirtd may have ended right after it. */
async function readBack(work: readonly Progress[], writing: Writing): Promise<void> {
  const { context } = writing;
  const missing = work.filter(
    (p) => p.outcome !== null && !SILENT.includes(p.outcome.kind) && writing.now(p.change) === null,
  );
  const steps = [...new Set(missing.map(uuidOf))].map((uuid) => ({ uuid, commands: [] }));
  for (let tries = 0; steps.length > 0 && tries <= context.absentRetries; tries++) {
    if (tries > 0) await pause(context);
    const outcomes = await runSteps(steps, writing);
    if (outcomes.every((outcome) => outcome.kind !== 'no_libvirtd' && !isUnknown(outcome))) return;
  }
}

export async function pause(context: HostContext): Promise<void> {
  await sleep(context.retryDelayMs, undefined, { signal: context.signal }).catch(() => {
    throw new ConnectionError('aborted', 'the run was interrupted');
  });
}
