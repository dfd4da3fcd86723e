import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import { watchdogName } from '../libvirt/watchdog_script.ts';
import type { SubjectStatus } from '../model/status.ts';
import { type Applied, type ApplyInput, applyChanges, nothingApplied } from './apply.ts';
import type { Owned } from './plan.ts';
import { internalError } from './trouble.ts';
import { arm, callOff, onTrial, type Trials, type Watching } from './watchdog.ts';

/** What may have been written, or is to be once somebody confirms it. */
const WRITTEN: readonly SubjectStatus[] = ['changed', 'pending', 'failed', 'busy', 'unreachable'];

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
  // A confirm must not write what the run has left. What it has begun may be there, e.g. in a VM that was saved since.
  const left = armed.filter((owned, index) => {
    const { trial, change } = owned;
    if (trial === undefined || change.status !== 'pending' || applied.begun.has(owned)) return false;
    const { status } = applied.changes[index]?.change ?? change;
    return status !== 'inSync' && !WRITTEN.includes(status);
  });
  const idle = applied.changes.every(({ change }) => !WRITTEN.includes(change.status));
  // Its time comes by itself where the line is gone.
  if (idle && isOwn && applied.lost === null && trials.armed.has(name))
    await callOff(name, watching).catch(() => {});
  else if (left.length > 0)
    await trials.record.disarm(
      name,
      'idle',
      left.map(({ change }) => change),
    );
  return applied;
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
