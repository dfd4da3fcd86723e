import { type AnswerError, frameError, isMerged, markedErrors, tail, unmarked } from './answer.ts';
import { type Described, parseDescriptions } from './descriptions.ts';
import {
  classifyChangeError,
  classifyVirshError,
  type VirshErrorKind,
  virshErrorText,
  wrapperTrouble,
} from './errors.ts';
import { saidByLanes } from './lanes.ts';
import { type LockAnswer, parseLock } from './lock_answer.ts';
import { splitSections } from './sections.ts';

/** What became of one step of an apply script; error '' when virsh reported none. */
export interface StepOutcome {
  readonly error: string;
  /**
   * `not_run`: it was never begun. `lost`: it was begun, and how it ended is not known. `garbled`: what the host said of
   * it cannot be made out, so the same holds. `stale`: its domain is not as it was, so that it was not begun. `locked`:
   * somebody else writes on that host, so that nothing was begun. `unwatched`: nothing waits any more that would give it
   * back, so that it was not begun. `failed`: an enforcer beside libvirt said no (model/enforcer.ts).
   */
  readonly kind:
    | VirshErrorKind
    | 'ok'
    | 'not_run'
    | 'lost'
    | 'garbled'
    | 'stale'
    | 'locked'
    | 'unwatched'
    | 'failed';
  /**
   * The job that keeps its domain from being changed, as {@link ApplyAnswer.inJob} has it: the host has told so at once.
   * Without it, libvirt has waited for half a minute.
   */
  readonly job?: string;
}

export interface ApplyAnswer {
  /** One per step, in order. */
  readonly steps: readonly StepOutcome[];
  /** The domains as they are now; one that could not be read back is missing. */
  readonly described: readonly Described[];
  /** UUIDs of those that have no configuration (any more). */
  readonly transient: ReadonlySet<string>;
  /** UUIDs of those that were not as they were when they were read: nothing was written to them. */
  readonly stale: ReadonlySet<string>;
  /**
   * Those that libvirt lets nobody change, by UUID, with the job that is under way: nothing was written to them. It is
   * libvirt's word for its operation in small letters, e.g. `outgoing migration`, {@link START}; '' where that was not told.
   */
  readonly inJob: ReadonlyMap<string, string>;
  /** The watchdog that was named does not wait any more: nothing was written to any of them. */
  readonly unwatched: boolean;
  readonly lock: LockAnswer;
  /** Set when the answer is not whole: what is missing is not known to have happened, or not. */
  readonly error: AnswerError | null;
}

/**
 * Reads the answer of APPLY_PROGRAM for so many steps.
 * @param first which step each one waited for, as `firstSteps` gives it; by default none did
 * @param lanes the lane of each one, as `lanesOf` gives it; by default there is one
 */
export function parseApplyAnswer(
  marker: string,
  steps: number,
  stdout: string,
  stderr: string,
  first: readonly number[] = [],
  lanes: readonly number[] = [],
): ApplyAnswer {
  const sections = splitSections(marker, stdout);
  // Where something on the way has put both streams into one, the marks are in that.
  const said = saidByLanes(marker, isMerged(marker, stdout) ? `${stderr}\n${stdout}` : stderr);
  const { besides } = said;
  // One lane says all of it itself.
  const isOne = !lanes.some((lane) => lane > 0);
  const errorsOf = (lane: number): string => (isOne ? besides : (said.lanes.get(lane + 1) ?? ''));
  const marksOf = new Map(
    [...new Set([0, ...lanes])].map((lane) => [lane, markedErrors(`${marker}:s:`, errorsOf(lane))] as const),
  );
  const hasMarks = [...marksOf.values()].some(({ size }) => size > 0);
  const frame = frameError(sections, stdout, stderr);
  const { domains } = parseDescriptions(sections);
  // Without any mark virsh did not even begin where the host said something else instead.
  const instead = frame?.kind === 'no_virsh' || (frame?.kind === 'no_answer' && `${stdout}${stderr}`.trim());
  const lock = parseLock(sections);
  const refusedIn = (lane: number): StepOutcome | null => {
    if (lock.lockedBy !== undefined) return { kind: 'locked', error: lock.lockedBy };
    if ((marksOf.get(lane)?.size ?? 0) > 0) return null;
    const own = hasMarks || isOne ? errorsOf(lane) : `${errorsOf(lane)}\n${besides}`;
    // Nor did it begin e.g. for want of rights to write.
    const early = virshErrorText(unmarked(own));
    if (early !== '') return { kind: classifyVirshError(early), error: early };
    if (!hasMarks && frame !== null && instead) return { kind: 'not_run', error: frame.message };
    return wrapperTrouble(own) === null ? null : { kind: 'not_run', error: tail(own) };
  };
  const refused = new Map([...marksOf.keys()].map((lane) => [lane, refusedIn(lane)]));
  const outcomes: StepOutcome[] = [];
  for (let index = 0; index < steps; index++) {
    const lane = lanes[index] ?? 0;
    const lead = outcomes[first[index] ?? index];
    const heldBack = lead !== undefined && lead.kind !== 'ok';
    const marks = marksOf.get(lane) ?? new Map<string, string>();
    outcomes.push(refused.get(lane) ?? stepOutcome(marker, marks, index, heldBack));
  }
  const asked = [...markedErrors(`${marker}:d:`, besides)];
  const transient = new Set(asked.flatMap(([uuid, error]) => (NO_CONFIG.test(error) ? [uuid] : [])));
  const leftOut = sections.flatMap(({ name }) => (name.startsWith('x:') ? [name.slice(2)] : []));
  const inJob = new Map(leftOut.flatMap((one) => (one.startsWith('j:') ? [jobOf(one.slice(2))] : [])));
  const stale = new Set(leftOut.filter((one) => !one.startsWith('j:')));
  const unwatched = sections.some(({ name }) => name === 'unwatched');
  return { steps: outcomes, described: domains, transient, stale, inJob, unwatched, lock, error: frame };
}

/** The job of a domain that is being started. */
export const START = 'start';

/** @param word `UUID:Outgoing_migration`, or without an operation where libvirt did not tell in time */
function jobOf(word: string): readonly [string, string] {
  const [uuid = '', operation = ''] = word.split(':');
  return [uuid, operation.replaceAll('_', ' ').trim().toLowerCase()];
}

/** virDomainObjUpdateModificationImpact, whatever is asked of or set in a configuration. */
export const NO_CONFIG = /transient domains do not have any persistent config/;

function stepOutcome(
  marker: string,
  marks: ReadonlyMap<string, string>,
  index: number,
  heldBack: boolean,
): StepOutcome {
  const error = marks.get(String(index));
  if (error === undefined) {
    // A mark that is missing proves nothing: it may have been lost on the way.
    return heldBack
      ? { kind: 'not_run', error: 'an earlier step on this VM met an error' }
      : { kind: 'lost', error: 'the answer of the host says nothing of this step' };
  }
  // A mark that was damaged on the way is no error of virsh's.
  const half = marker.length >> 1;
  if ([marker.slice(0, half), marker.slice(half)].some((part) => error.includes(part)))
    return { kind: 'garbled', error: 'what the host said of this step is garbled' };
  if (error !== '') return { kind: classifyChangeError(error), error };
  // Only a later mark proves that this one has ended.
  const names = [...marks.keys()];
  const ended = names.indexOf(String(index)) < names.length - 1;
  return ended ? { kind: 'ok', error: '' } : { kind: 'lost', error: 'the answer ends within this step' };
}
