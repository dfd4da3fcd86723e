import type { StepOutcome } from '../libvirt/apply_answer.ts';
import { ownWords } from '../libvirt/errors.ts';
import {
  beforeOf,
  type Change,
  desiredOf,
  differs,
  SIDES,
  type Side,
  type Sides,
  type Step,
} from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';

/** How far a change has come. */
export interface Attempt {
  /** Of the first step that failed, else of the last one. */
  readonly outcome: StepOutcome;
  /** The step that this is the outcome of. */
  readonly step: Step;
  /** It is not known what a try of that step has done: all of it, a part, or nothing. */
  readonly doubtful: boolean;
  /** Some step was run once more after such a try. */
  readonly repeated: boolean;
  /** That try has met another program at the queues of its device. */
  readonly raced: boolean;
  /** The subject as last described before that step was tried for the last time; null when that is not known. */
  readonly before: Sides | null;
  /** Outcomes of the repairs that were tried, in order. */
  readonly repairs: readonly StepOutcome[];
  /** The subject as read back; null when it could not be. */
  readonly after: Sides | null;
}

/** Whether a step changes the running VM. */
export function isLiveStep({ commands }: Step): boolean {
  return commands.some((words) => words.includes('--live'));
}

/**
 * What is to be done after the last step. Nothing where whoever does not answer after all tries, or does not let this
 * login write, will not do so for a repair either; nor is anything written to what somebody else has changed.
 */
export function repairsOf(change: Change, attempt: Attempt): readonly Step[] {
  if (['no_libvirtd', 'no_rights', 'stale', 'locked'].includes(attempt.outcome.kind)) return [];
  return mayBeHalfSet(change, attempt) ? repairStepsOf(change, attempt.step) : [];
}

function repairStepsOf(change: Change, step: Step): readonly Step[] {
  return moduleNamed(change.module).repair?.steps(change, step) ?? [];
}

/** The states that a repair of this step writes. */
export function repairedSides(change: Change, step: Step): readonly Side[] {
  const commands = repairStepsOf(change, step).flatMap((one) => one.commands);
  return SIDES.filter((side) => commands.some((words) => words.includes(`--${side}`)));
}

/** Whether the last step may have left the VM neither as it was nor as it is to be. */
export function mayBeHalfSet(change: Change, attempt: Attempt): boolean {
  const { outcome, step, doubtful, repairs } = attempt;
  const { repair } = moduleNamed(change.module);
  if (repair === undefined || repairStepsOf(change, step).length === 0) return false;
  if (outcome.kind === 'ok' || outcome.kind === 'gone') return false;
  const refused = outcome.kind === 'virsh_failed' && repair.untouched(ownWords(outcome.error));
  const unsure = doubtful || (outcome.kind === 'virsh_failed' && !refused);
  // What was repaired is not seen any more.
  if (!unsure && repairs.length === 0 && !isBetween(change, attempt)) return false;
  if (outcome.kind === 'stale' && !isAsBefore(attempt)) return false;
  return !isNowAsDesired(change, attempt);
}

/** Outcomes by which a host tells that it has begun nothing. */
const NOT_BEGUN: readonly StepOutcome['kind'][] = ['stale', 'locked', 'unwatched'];

/** Whether nothing of a first step was written, and its subject has what it had. */
export function isUntouched(change: Change, attempt: Attempt): boolean {
  const { outcome, doubtful, repeated, after } = attempt;
  if (outcome.kind === 'ok' || doubtful || repeated) return false;
  if (NOT_BEGUN.includes(outcome.kind) || (outcome.kind === 'busy' && outcome.job !== undefined)) return true;
  const before = beforeOf(change, 'live');
  if (before === null || !after?.live || differs(after.live, before)) return false;
  return !mayBeHalfSet(change, attempt);
}

/** Whether only the first of the commands of a step is described as done. */
function isBetween(change: Change, { step, after }: Attempt): boolean {
  if (step.commands.length < 2 || after === null || !isExplained(change, after, true)) return false;
  return SIDES.some((side) => {
    const before = beforeOf(change, side);
    return before !== null && differs(after[side], before);
  });
}

/**
 * Whether each setting has what it had when it was planned, or what it is to have; or nothing, where a step may have
 * ended between two of its commands.
 */
export function isExplained(change: Change, has: Sides, halfDone: boolean): boolean {
  return SIDES.every((side) => {
    const [before, now] = [beforeOf(change, side), has[side]];
    if (before === null || now === null) return true;
    return Object.entries(desiredOf(change, side)).every(([name, value]) => {
      const may = [before[name] ?? null, value, ...(halfDone ? [null] : [])];
      return may.includes(now[name] ?? null);
    });
  });
}

/** Whether the running VM is described as before the step: of another description the one who set it has finished. */
function isAsBefore({ before, after }: Attempt): boolean {
  return !!before?.live && !!after?.live && !differs(after.live, before.live);
}

/**
 * Whether the live set has worked, whatever virsh complains of: libvirt describes new limits only once they are set
 * (qemuDomainSetInterfaceParameters changes its definition last). It says nothing where the description was like that
 * before the step, or where that is not known: a failed set leaves the old description over a tap that is torn down.
 */
export function isNowAsDesired(change: Change, { before, after }: Attempt): boolean {
  if (!before?.live || !after?.live) return false;
  const desired = desiredOf(change, 'live');
  return differs(before.live, desired) && !differs(after.live, desired);
}
