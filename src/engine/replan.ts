import { beforeOf, type Change, desiredOf, differs, SIDES, type Side, type Value } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import type { SubjectStatus } from '../model/status.ts';
import { withNotes } from './conclude.ts';
import { changedHow, type Meanwhile, meanwhileText } from './meanwhile.ts';
import { subjectId } from './merge.ts';

/** What has become of a change so far. */
export interface Tried {
  readonly change: Change;
  /** Some step of it has succeeded. */
  readonly wrote: boolean;
  /** What somebody else did to the VM since the change was planned. */
  readonly meanwhile: Meanwhile | null;
  /** What is in force may be neither what it was nor what it is to be, and libvirt does not tell. */
  readonly inDoubt: boolean;
  /** Certainly nothing of it was written, and it has what it had. */
  readonly untouched?: boolean;
  /** The host saw that the VM had changed, and wrote nothing of the last try. */
  readonly stale?: boolean;
}

/** A change of which nothing was tried, for a reason that it tells. */
export function unwritten(change: Change): Tried {
  return { change, wrote: false, meanwhile: null, inDoubt: false, untouched: true };
}

/** Changes that were planned like this are planned anew with their VM; all others were not to be made. */
export const REPLANNED: readonly SubjectStatus[] = ['pending', 'inSync', 'notRunning'];

/** The VMs of which the facts that were planned with do not hold any more, and why. */
export function domainsToPlanAgain(tried: readonly Tried[]): ReadonlyMap<string, Meanwhile> {
  return new Map(
    tried.flatMap(({ change, meanwhile, inDoubt }): [string, Meanwhile][] =>
      // Of a VM that does not run nothing is in force.
      meanwhile === null || (inDoubt && meanwhile !== 'stopped') ? [] : [[change.domain.uuid, meanwhile]],
    ),
  );
}

/** Another read of a host, and all that its tasks want by it. */
export interface Again {
  readonly facts: HostFacts;
  readonly changes: readonly Change[];
}

/**
 * A change by the facts of another read: pending where there is more to do, else what it came to; null where its VM
 * could not be read.
 * @param planned as it was planned at first
 * @param tried what has become of it until now; undefined where nothing was to be written
 * @param told what the write told of its VM
 * @param before the host as it was planned at first
 */
export function replanned(
  planned: Change,
  tried: Tried | undefined,
  { facts, changes }: Again,
  told: Meanwhile,
  before: HostFacts,
): Tried | null {
  const { uuid } = planned.domain;
  const [had, has] = [before, facts].map(({ domains }) => domains.find((domain) => domain.uuid === uuid));
  const what = told === 'changed' ? changedHow(had, has) : told;
  if (facts.unreadable.some((domain) => domain.uuid === uuid)) return null;
  const id = subjectId(planned);
  const now = changes.find((change) => subjectId(change) === id);
  const state = { wrote: tried?.wrote === true, meanwhile: null, inDoubt: false };
  const text = told === 'changed' && isAsItWas(planned, now) ? '' : noteOf(what);
  if (has === undefined)
    return {
      ...state,
      change: {
        ...planned,
        ...withNotes(planned, ...notesOfRun(planned, tried)),
        status: 'notFound',
        reason: `${meanwhileText(what)}, and is gone now`,
        after: null,
      },
    };
  if (now === undefined) return { ...state, change: withoutRule(tried?.change ?? planned, what) };
  const next = { ...now, ...withNotes(now, ...notesOfRun(planned, tried)) };
  const noted = { ...next, ...withNotes(next, text) };
  if (now.status === 'pending') return { ...state, change: noted };
  if (now.status !== 'inSync')
    return {
      ...state,
      change: { ...next, reason: [meanwhileText(what), now.reason ?? []].flat().join(': ') },
    };
  // Nothing was to be written to it, and nothing is.
  if (tried === undefined) return { ...state, change: planned };
  const after = { live: beforeOf(now, 'live'), config: beforeOf(now, 'config') };
  const turned = SIDES.some(
    (side) => after[side] !== null && differs(beforeOf(planned, side), desiredOf(now, side)),
  );
  if (!state.wrote && (tried.stale === true || !turned)) return { ...state, change: noted };
  return { ...state, change: sinceRead(tried.change, { ...noted, status: 'changed', after }) };
}

/** What became of a change that was planned anew, with what was done of it before. */
export function mergeTried(first: Tried | undefined, second: Tried): Tried {
  // Nothing was written: what it had before is what the second found.
  if (first === undefined || (first.stale === true && !first.wrote)) return second;
  const untouched = first.untouched === true && second.untouched === true;
  return {
    ...second,
    wrote: first.wrote || second.wrote,
    untouched,
    change: sinceRead(first.change, second.change),
  };
}

/** The second of two tries of a change: all that was run, and what each state had before the first. */
function sinceRead(first: Change, second: Change): Change {
  const had = (index: number, side: Side): { readonly [S in Side]?: Value } => {
    const [before, now] = [first.settings[index]?.[side], second.settings[index]?.[side]];
    return before === undefined || now === undefined ? {} : { [side]: before };
  };
  const steps = new Map([...first.steps, ...second.steps].map((step) => [JSON.stringify(step), step]));
  return {
    ...second,
    steps: [...steps.values()],
    settings: second.settings.map((setting, index) => ({
      ...setting,
      ...had(index, 'live'),
      ...had(index, 'config'),
    })),
  };
}

/** What was noted of a change while it was made; what its plan noted may not hold any more. */
function notesOfRun(planned: Change, tried: Tried | undefined): readonly string[] {
  return (tried?.change.notes ?? []).filter((note) => !planned.notes?.includes(note));
}

/** Whether a change that was to be made, if it was one, is planned anew as it was. */
export function isAsPlanned(before: Change | undefined, now: Change): boolean {
  return before === undefined || JSON.stringify(before.settings) === JSON.stringify(now.settings);
}

/** Whether a subject has in both states what it had when it was planned. */
function isAsItWas(planned: Change, now: Change | undefined): boolean {
  const same = (side: Side): boolean =>
    JSON.stringify(beforeOf(planned, side)) ===
    JSON.stringify(now === undefined ? null : beforeOf(now, side));
  return SIDES.every(same);
}

const noteOf = (what: Meanwhile): string => (what === 'changed' ? OTHERS : meanwhileText(what));

const OTHERS =
  'another run or person changed it after this run had first read it; what it had before is as they left it';

/** No rule names it in its new state. */
function withoutRule(change: Change, what: Meanwhile): Change {
  if (!['failed', 'busy', 'stale'].includes(change.status)) return change;
  const status = what === 'stopped' ? 'notRunning' : change.status === 'stale' ? 'stale' : 'failed';
  const { job: _, ...rest } = change;
  return { ...rest, status, reason: `${meanwhileText(what)}, and no rule names it as it is now` };
}
