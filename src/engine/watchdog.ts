import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import { lockListener, type TellHolder } from '../libvirt/lock_answer.ts';
import type { LockRequest } from '../libvirt/lock_script.ts';
import type { LibvirtAccess } from '../libvirt/script.ts';
import { type Dropped, parseArmAnswer, parseDropAnswer } from '../libvirt/watchdog_answer.ts';
import {
  entryParts,
  renderArm,
  renderDrop,
  type UndoEntry,
  watchdogName,
} from '../libvirt/watchdog_script.ts';
import type { Change } from '../model/change.ts';
import { MODULES } from '../modules/index.ts';
import type { Owned } from './plan.ts';
import type { WatchRecorder } from './recorder.ts';
import { inParts } from './too_long.ts';
import { notOnTrial } from './trial.ts';

/** What a run on trial is: each of its hosts gives back what it has written unless it is confirmed in time. */
export interface Trials {
  readonly run: string;
  /** How long each watchdog waits. */
  readonly seconds: number;
  /** By the name of the watchdog, when its time comes, in milliseconds. */
  readonly armed: Map<string, number>;
  readonly record: WatchRecorder;
}

/** A hypervisor that is to watch. */
export interface Watching {
  readonly trials: Trials;
  /** hypervisorId */
  readonly hypervisor: string;
  readonly libvirt: LibvirtAccess;
  readonly session: Session;
  readonly lock: LockRequest;
  /** Hears for whom it waits. */
  readonly waiting: TellHolder;
}

/** So long a watchdog may wait: a day. */
export const MAX_CONFIRM_SECONDS = 86_400;

/** When the first watchdog of a run gives back, in milliseconds; never where none was begun. */
export function firstEnd(trials: Trials | undefined): number {
  return Math.min(...(trials?.armed.values() ?? []));
}

/** All that elements of any module need: one watchdog may be given changes of them all. */
const KEEP = [...new Set(MODULES.flatMap(({ watched }) => watched.keep))];

/**
 * The changes as they are to be written: of the running VM alone. What gates have said of them stays.
 * Those that a gate keeps from being written stay as they are.
 */
export function onTrial(planned: readonly Owned[]): readonly Owned[] {
  return planned.map((owned) => {
    const { trial, change } = owned;
    if (trial === undefined || change.status !== 'pending') return owned;
    const notes = [...new Set([...(change.notes ?? []), ...(trial.change.notes ?? [])])];
    return { ...owned, change: { ...trial.change, ...(notes.length === 0 ? {} : { notes }) } };
  });
}

/** Whether a change waits for somebody who confirms it. */
const waits = ({ trial, change }: Owned): boolean => trial !== undefined && change.status === 'pending';

/**
 * Begins the watchdog of a hypervisor, or gives it more to do, before anything is written there.
 * @param whole the same changes as they are to be at the end
 * @returns the changes; those that cannot be watched over are not to be written
 * @throws ConnectionError
 */
export async function arm(
  planned: readonly Owned[],
  whole: readonly Owned[],
  watching: Watching,
): Promise<readonly Owned[]> {
  const { trials, hypervisor } = watching;
  const waiting = planned.filter(waits);
  if (waiting.length === 0) return planned;
  const watchdog = watchdogName(trials.run, hypervisor);
  const full = new Map(planned.map((owned, index) => [owned, whole[index]?.change ?? owned.change]));
  const until = trials.armed.get(watchdog) ?? Date.now() + trials.seconds * 1000;
  const told = new Date(until).toISOString();
  try {
    const changes = waiting.map((owned) => full.get(owned) as Change);
    await trials.record.arm({ watchdog, until: told, changes });
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return refuseAll(planned, 'failed', `not written, since it could not be recorded before: ${why}`);
  }
  let left = planned;
  for (let tries = 0; tries < MAX_TRIES && left.some(waits); tries++) {
    const refusal = await armOnce(left.filter(waits), watchdog, told, watching);
    if (refusal === null) {
      trials.armed.set(watchdog, until);
      return left;
    }
    const before = left;
    left = 'waits' in refusal ? refuseThose(left, refusal.waits) : unarmed(left, refusal);
    // Before the host is asked once more: a confirm must not write what another run waits for.
    await withdraw(watchdog, before, left, trials);
  }
  const before = left;
  left = unarmed(left, { problem: 'other runs keep asking for a confirm of its VMs' });
  await withdraw(watchdog, before, left, trials);
  if (!trials.armed.has(watchdog)) await callOff(watchdog, watching);
  return left;
}

/** Records what does not wait any more, of what has. @param left the same changes, as they are now */
async function withdraw(
  watchdog: string,
  before: readonly Owned[],
  left: readonly Owned[],
  { record }: Trials,
): Promise<void> {
  const gone = before.filter((owned, index) => waits(owned) && !waits(left[index] as Owned));
  if (gone.length > 0)
    await record.disarm(
      watchdog,
      'idle',
      gone.map(({ change }) => change),
    );
}

/** Others may begin to wait for further VMs meanwhile. */
const MAX_TRIES = 3;

/** Where the run has written nothing there. @throws ConnectionError */
export async function callOff(watchdog: string, { session, libvirt, trials }: Watching): Promise<void> {
  await drop(watchdog, session, libvirt);
  trials.armed.delete(watchdog);
  await trials.record.disarm(watchdog, 'idle');
}

/**
 * Tells a host that it is to give nothing back of changes that the run has left, and the record that a confirm is to leave
 * them, too. Others may set them meanwhile. Never rejects: where the host does not hear it, it finds what was before.
 * @param answers whether the host is there
 */
export async function leave(
  watchdog: string,
  left: readonly Owned[],
  watching: Watching,
  answers: boolean,
): Promise<void> {
  const { trials } = watching;
  await trials.record.disarm(
    watchdog,
    'idle',
    left.map(({ change }) => change),
  );
  const entries = left.flatMap(({ trial }) =>
    trial === undefined || trial.undo.of === null ? [] : [{ ...trial.undo, words: [], commands: [] }],
  );
  const until = trials.armed.get(watchdog);
  if (!answers || entries.length === 0 || until === undefined) return;
  await armEntries(entries, watchdog, new Date(until).toISOString(), watching).catch(() => {});
}

type Refusal = NonNullable<ReturnType<typeof parseArmAnswer>>;

function armOnce(
  waiting: readonly Owned[],
  name: string,
  until: string,
  watching: Watching,
): Promise<Refusal | null> {
  return armEntries(
    waiting.map(({ trial }) => trial?.undo as UndoEntry),
    name,
    until,
    watching,
  );
}

async function armEntries(
  entries: readonly UndoEntry[],
  name: string,
  until: string,
  { trials, libvirt: { uri, virsh }, session, lock, waiting: tell }: Watching,
): Promise<Refusal | null> {
  let refusal: Refusal | null = null;
  await inParts(entryParts(entries), async (part) => {
    if (refusal !== null) return;
    const marker = newMarker();
    const request = { marker, uri, virsh, name, keep: KEEP, seconds: trials.seconds, until, lock };
    const line = renderArm(request, part);
    const { stdout, stderr } = await session.exec(line, undefined, lockListener(marker, tell));
    refusal = parseArmAnswer(marker, stdout, stderr);
  });
  return refusal;
}

function unarmed(
  planned: readonly Owned[],
  refusal: Exclude<Refusal, { readonly waits: unknown }>,
): readonly Owned[] {
  if ('locked' in refusal) return refuseAll(planned, 'locked', refusal.locked);
  return refuseAll(
    planned,
    'failed',
    `not written, since nothing on its host would give it back: ${refusal.problem}`,
  );
}

function refuseAll(planned: readonly Owned[], status: Change['status'], reason: string): readonly Owned[] {
  return planned.map((owned) =>
    waits(owned) ? { ...owned, change: withoutSteps({ ...owned.change, status, reason }) } : owned,
  );
}

function refuseThose(planned: readonly Owned[], runs: ReadonlyMap<string, string>): readonly Owned[] {
  return planned.map((owned) => {
    const run = runs.get(owned.change.domain.uuid);
    if (run === undefined || !waits(owned)) return owned;
    const reason = `its VM waits for virtune confirm ${run}: confirm that run, or wait until it is given back`;
    return {
      ...owned,
      ignoreErrors: false,
      change: withoutSteps({ ...owned.change, status: 'refused', reason }),
    };
  });
}

function withoutSteps(change: Change): Change {
  return { ...notOnTrial({ change }).change, steps: [] };
}

/** Calls a watchdog off. @throws ConnectionError */
export async function drop(
  name: string,
  session: Session,
  { uri, virsh }: LibvirtAccess,
): Promise<Dropped | { readonly problem: string }> {
  const marker = newMarker();
  const { stdout, stderr } = await session.exec(renderDrop({ marker, uri, virsh, name }));
  return parseDropAnswer(marker, stdout, stderr);
}
