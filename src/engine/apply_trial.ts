import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import { watchdogName } from '../libvirt/watchdog_script.ts';
import { type Applied, type ApplyInput, applyChanges, nothingApplied } from './apply.ts';
import type { Owned } from './plan.ts';
import { notOnTrial } from './trial.ts';
import { internalError } from './trouble.ts';
import { arm, callOff, leave, onTrial, type Trials, type Watching } from './watchdog.ts';

/**
 * Makes the changes of one hypervisor on trial: first its watchdog is begun, which gives them back unless somebody
 * confirms them; then what runs is set, and no configuration. Never throws.
 * @param hypervisor hypervisorId
 */
export async function applyOnTrial(
  given: readonly Owned[],
  input: ApplyInput,
  trials: Trials,
  hypervisor: string,
): Promise<Applied> {
  const planned = onTrial(given);
  const nothing = nothingApplied(planned);
  const name = watchdogName(trials.run, hypervisor);
  let watching: Watching;
  let armed: readonly Owned[];
  // An earlier play of the run may have written there, which its watchdog is to give back.
  let isOwn = true;
  try {
    if (planned.every(({ change }) => change.status !== 'pending')) return nothing;
    isOwn = !trials.armed.has(name);
    watching = await watchingOf(input, trials, hypervisor);
    armed = await arm(planned, given, watching);
  } catch (error) {
    const unwritten = planned.map((owned) => notWritten(owned, error));
    if (error instanceof ConnectionError) return { ...nothing, changes: unwritten, lost: error };
    if (error instanceof BecomeError) return { ...nothing, changes: unwritten, refusal: error };
    return { ...nothing, changes: unwritten, defect: internalError(error) };
  }
  const applied = await applyChanges(armed, {
    ...input,
    watchdog: name,
    watch: (again) => arm(onTrial(again), again, watching),
  });
  // A confirm must not write what the run has left, or has tried in vain. What it has begun may be there, e.g. in a VM
  // that was saved since; what is pending still is the confirm's alone.
  const isLeft = (owned: Owned, index: number): boolean => {
    const { status } = applied.changes[index]?.change ?? owned.change;
    return !applied.written.has(owned) && status !== 'pending' && status !== 'unreachable';
  };
  const left = armed.filter(
    (owned, index) => owned.trial !== undefined && owned.change.status === 'pending' && isLeft(owned, index),
  );
  // Its time comes by itself where the line is gone.
  if (armed.every(isLeft) && isOwn && applied.lost === null && trials.armed.has(name))
    await callOff(name, watching).catch(() => {});
  else if (left.length > 0) await leave(name, left, watching, applied.lost === null);
  const gone = new Set(left.map((owned) => armed.indexOf(owned)));
  return {
    ...applied,
    changes: applied.changes.map((owned, index) => (gone.has(index) ? notOnTrial(owned) : owned)),
  };
}

async function watchingOf(
  { libvirt, context, connect, deadlineMs, waiting = () => {} }: ApplyInput,
  trials: Trials,
  hypervisor: string,
): Promise<Watching> {
  const lock = { ...context.lock, deadlineSeconds: Math.ceil(deadlineMs / 1000) };
  return { trials, hypervisor, libvirt, session: await connect(), lock, waiting };
}

function notWritten(owned: Owned, error: unknown): Owned {
  const { change } = owned;
  if (change.status !== 'pending') return owned;
  const status = error instanceof ConnectionError ? 'unreachable' : 'failed';
  const reason = 'nothing was written: the host was lost, or failed, before it could watch over the change';
  return { ...owned, change: { ...change, status, reason, steps: [] } };
}
