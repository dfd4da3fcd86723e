import { beforeOf, type Change, commandLines, desiredOf, differs, type Sides } from '../model/change.ts';
import { moduleNamed } from '../modules/index.ts';
import { type Attempt, isLiveStep, isNowAsDesired, mayBeHalfSet } from './attempt.ts';

/** The result of a write: only what was read back counts as changed. */
export function concludeChange(change: Change, attempt: Attempt): Change {
  const { outcome, after } = attempt;
  const notes = [...(change.notes ?? []), ...(attempt.repeated ? [REPEATED] : [])];
  const result = { ...change, after, ...(notes.length === 0 ? {} : { notes }) };
  if (outcome.kind === 'ok') return { ...result, ...verified(change, after) };
  const status = outcome.kind === 'busy' ? 'busy' : outcome.kind === 'gone' ? 'notFound' : 'failed';
  return { ...result, status, reason: `${whatHappened(attempt)}${whatHolds(change, attempt)}` };
}

const REPEATED = 'libvirt gave no answer to a first try of this change, so it was made once more';

function whatHappened({ outcome }: Attempt): string {
  switch (outcome.kind) {
    case 'busy':
      return `another job holds the VM: ${outcome.error}`;
    case 'gone':
      return 'the VM vanished before it could be written';
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
  const before = beforeOf(change, 'live');
  const none = Object.fromEntries(change.settings.map(({ name }) => [name, null]));
  const live = after?.live ?? null;
  if (worked < 0 || live === null || differs(live, worked === 0 && before !== null ? before : none)) {
    const commands = commandLines({ ...change, steps: [step] }).join('; ');
    return `; cleaning up failed too, so it is not known what is in force: run again with --rewrite, which sets it whatever libvirt describes, or on the host: ${commands}`;
  }
  if (before !== null && !differs(before, none))
    return `; what it left was cleared, the ${one} is without limits as before`;
  return worked === 0
    ? '; the limits from before were put back'
    : `; the limits from before could not be put back either and what it left was cleared: the running ${one} is now WITHOUT limits`;
}

function verified(change: Change, after: Sides | null): Pick<Change, 'status' | 'reason'> {
  if (after === null) return { status: 'failed', reason: 'written, but the VM could not be read back' };
  const live = differs(after.live, desiredOf(change, 'live'));
  const config = differs(after.config, desiredOf(change, 'config'));
  if (!live && !config) return { status: 'changed' };
  const where = [live ? 'live' : '', config ? 'persistent' : ''].filter(Boolean).join(' and ');
  return {
    status: 'failed',
    reason: `libvirt reported success, but the ${where} limits read back are not those`,
  };
}
