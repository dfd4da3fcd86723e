import type { StepOutcome } from '../libvirt/apply_answer.ts';
import {
  beforeOf,
  type Change,
  commandLines,
  desiredOf,
  differs,
  SIDES,
  type Sides,
} from '../model/change.ts';
import type { SubjectStatus } from '../model/status.ts';
import { moduleNamed } from '../modules/index.ts';
import { type Attempt, isLiveStep, isNowAsDesired, mayBeHalfSet, repairedSides } from './attempt.ts';
import {
  besidesText,
  type Meanwhile,
  meanwhileText,
  nowText,
  otherText,
  overwrittenText,
} from './meanwhile.ts';

/**
 * The result of a write: only what was read back counts as changed.
 * @param meanwhile what somebody else did to the VM since it was planned
 */
export function concludeChange(change: Change, attempt: Attempt, meanwhile: Meanwhile | null): Change {
  const { outcome, after, repeated } = attempt;
  const result = { ...change, after };
  const what = meanwhile === null ? '' : meanwhileText(meanwhile);
  if (outcome.kind === 'ok') {
    const verdict = verified(change, after, what);
    const told = verdict.status === 'changed' ? what : '';
    const besides = what === '' && after !== null ? besidesText(change, after) : '';
    const notes = withNotes(change, repeated ? repeatedText(attempt) : '', told, besides);
    return { ...result, ...verdict, ...notes };
  }
  const reason = `${what === '' ? '' : `${what}: `}${whatHappened(attempt, change)}${whatHolds(change, attempt)}`;
  return {
    ...result,
    ...withNotes(change, isUnknown(attempt) ? unknownText(attempt) : repeated ? repeatedText(attempt) : ''),
    status: isUnknown(attempt) ? 'failed' : (STATUSES[outcome.kind] ?? 'failed'),
    reason,
    ...(outcome.kind === 'busy' && outcome.job ? { job: outcome.job } : {}),
  };
}

const STATUSES: Readonly<Partial<Record<StepOutcome['kind'], SubjectStatus>>> = {
  busy: 'busy',
  gone: 'notFound',
  stale: 'stale',
  locked: 'locked',
};

/** Whether something may have been written by a first try, of which the last one has done nothing. */
const isUnknown = ({ outcome, doubtful }: Attempt): boolean =>
  ['stale', 'unwatched', 'locked'].includes(outcome.kind) && doubtful;

/** The notes of a change and further ones, each once; '' is none. */
export function withNotes({ notes = [] }: Change, ...more: readonly string[]): Pick<Change, 'notes'> {
  const all = [...new Set([...notes, ...more])].filter((note) => note !== '');
  return all.length === 0 ? {} : { notes: all };
}

const firstTry = ({ raced }: Attempt): string =>
  raced
    ? "at a first try another program set this device's queues while libvirt did (Neutron's agents do so right after a start)"
    : 'libvirt gave no answer to a first try of this change';

const repeatedText = (attempt: Attempt): string => `${firstTry(attempt)}, so it was made once more`;

const unknownText = (attempt: Attempt): string => `${firstTry(attempt)}, so it may have been written`;

function whatHappened({ outcome, after, doubtful }: Attempt, change: Change): string {
  switch (outcome.kind) {
    case 'busy':
      return `another job holds the VM: ${outcome.error}`;
    case 'gone':
      return 'the VM vanished before it could be written';
    case 'stale':
      return after === null ? outcome.error : `${outcome.error}; ${nowText(change, after)}`;
    case 'locked':
      return doubtful
        ? `somebody else was writing on this host when it was tried once more: ${outcome.error}`
        : `somebody else was writing on this host, so nothing was written: ${outcome.error}`;
    case 'no_libvirtd':
      return `libvirt does not answer any more: ${outcome.error}`;
    case 'lost':
      return `how the change ended is not known: ${outcome.error}`;
    default:
      return outcome.error;
  }
}

/** What is in force after a failure, where that is not plain. */
function whatHolds(change: Change, attempt: Attempt): string {
  const { outcome, step, after, repairs } = attempt;
  if (outcome.kind === 'gone') return '';
  if (mayBeHalfSet(change, attempt)) return repairText(change, attempt);
  if (isLiveStep(step)) return isNowAsDesired(change, attempt) ? allTheSame(change) : '';
  const before = beforeOf(change, 'live');
  const desired = desiredOf(change, 'live');
  const live = after?.live ?? null;
  const asDesired = live !== null && differs(before, desired) && !differs(live, desired);
  return repairs.length === 0 && asDesired ? allTheSame(change) : '';
}

const allTheSame = ({ module }: Change): string =>
  `; the running ${moduleNamed(module).words.one} has the new limits all the same`;

function repairText(change: Change, { repairs, after, step }: Attempt): string {
  const { one } = moduleNamed(change.module).words;
  const worked = repairs.findIndex((repair) => repair.kind === 'ok');
  const none = Object.fromEntries(change.settings.map(({ name }) => [name, null]));
  const sides = repairedSides(change, step).map((side) => ({
    before: beforeOf(change, side) ?? none,
    now: after?.[side] ?? null,
  }));
  if (
    worked < 0 ||
    sides.some(({ before, now }) => now === null || differs(now, worked === 0 ? before : none))
  ) {
    const commands = commandLines({ ...change, steps: [step] }).join('; ');
    return `; cleaning up failed too, so it is not known what is in force: run again with --rewrite, which sets it whatever libvirt describes, or on the host: ${commands}`;
  }
  if (sides.every(({ before }) => !differs(before, none)))
    return `; what it left was cleared, the ${one} is without limits as before`;
  return worked === 0
    ? '; the limits from before were put back'
    : `; the limits from before could not be put back either and what it left was cleared: the running ${one} is now WITHOUT limits`;
}

function verified(change: Change, after: Sides | null, what: string): Pick<Change, 'status' | 'reason'> {
  if (after === null) return { status: 'failed', reason: 'written, but the VM could not be read back' };
  if (SIDES.every((side) => !differs(after[side], desiredOf(change, side)))) return { status: 'changed' };
  const reason = what === '' ? overwrittenText(change, after) : `${what}, and ${otherText(change, after)}`;
  return { status: 'failed', reason };
}
