import { type AnswerError, frameError, isMerged, markedErrors, tail, unmarked } from './answer.ts';
import { type Described, parseDescriptions } from './descriptions.ts';
import {
  classifyChangeError,
  classifyVirshError,
  type VirshErrorKind,
  virshErrorText,
  wrapperTrouble,
} from './errors.ts';
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
 */
export function parseApplyAnswer(
  marker: string,
  steps: number,
  stdout: string,
  stderr: string,
  first: readonly number[] = [],
): ApplyAnswer {
  const sections = splitSections(marker, stdout);
  // Where something on the way has put both streams into one, the marks are in that.
  const errors = isMerged(marker, stdout) ? `${stderr}\n${stdout}` : stderr;
  const marks = markedErrors(`${marker}:s:`, errors);
  const frame = frameError(sections, stdout, stderr);
  const { domains } = parseDescriptions(sections);
  // Without any mark virsh did not even begin, e.g. for want of rights to write.
  const early = marks.size === 0 ? virshErrorText(unmarked(errors)) : '';
  // Nor did it where the host said something else instead.
  const instead = frame?.kind === 'no_virsh' || (frame?.kind === 'no_answer' && `${stdout}${stderr}`.trim());
  const lock = parseLock(sections);
  const refused: StepOutcome | null =
    lock.lockedBy !== undefined
      ? { kind: 'locked', error: lock.lockedBy }
      : early !== ''
        ? { kind: classifyVirshError(early), error: early }
        : marks.size === 0 && frame !== null && instead
          ? { kind: 'not_run', error: frame.message }
          : marks.size === 0 && wrapperTrouble(errors) !== null
            ? { kind: 'not_run', error: tail(errors) }
            : null;
  const outcomes: StepOutcome[] = [];
  for (let index = 0; index < steps; index++) {
    const lead = outcomes[first[index] ?? index];
    outcomes.push(refused ?? stepOutcome(marker, marks, index, lead !== undefined && lead.kind !== 'ok'));
  }
  const asked = [...markedErrors(`${marker}:d:`, errors)];
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
