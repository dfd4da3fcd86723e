import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import type { KnownDomains } from '../facts/known.ts';
import { parseApplyAnswer, type StepOutcome } from '../libvirt/apply_answer.ts';
import { firstSteps, partsOf, renderApply, type WriteStep } from '../libvirt/apply_script.ts';
import { lanesOf } from '../libvirt/lanes.ts';
import { lockListener } from '../libvirt/lock_answer.ts';
import type { Change, Sides } from '../model/change.ts';
import type { HostContext } from './context.ts';
import { type Guard, guardedOutcomes, guardOf, noteWritten } from './guard.ts';
import type { HostAccess } from './outside.ts';
import { inParts } from './too_long.ts';

export type HostStep = WriteStep;

/** What writing on one host needs, and what is known of its domains meanwhile. */
export interface Writing {
  readonly session: Session;
  readonly libvirt: HostAccess;
  readonly context: HostContext;
  readonly known: KnownDomains;
  readonly guard: Guard;
  /** What a subject has, as last read; null where its domain could not be read back. */
  readonly now: (change: Change) => Sides | null;
  /** Reads anew what enforcers have. */
  readonly look: () => Promise<void>;
}

/** A step that was not tried, since an earlier one on its domain met an error that says nothing of this one. */
export const HELD_BACK: StepOutcome = { kind: 'not_run', error: 'held back' };

/**
 * Runs steps, and reads their domains back, in as many execs as the length of a command line asks for: almost always
 * one. A domain that another job holds is asked once: its other steps have that outcome too.
 * @returns the outcome of each step
 */
export async function runSteps(steps: readonly HostStep[], writing: Writing): Promise<StepOutcome[]> {
  const outcomes = new Map<HostStep, StepOutcome>();
  const held = new Map<string, StepOutcome>();
  let locked: StepOutcome | null = null;
  await inParts(partsOf(steps), async (part) => {
    const chunk = part.filter(({ uuid }) => !held.has(uuid));
    if (chunk.length === 0) return;
    if (locked !== null) {
      for (const step of chunk) outcomes.set(step, locked);
      return;
    }
    const first = firstSteps(chunk);
    const results = await runChunk(chunk, first, writing);
    locked = results.find(({ kind }) => kind === 'locked') ?? null;
    for (const [index, step] of chunk.entries()) {
      const outcome = results[index] as StepOutcome;
      const lead = results[first[index] as number] as StepOutcome;
      if (outcome.kind === 'busy') held.set(step.uuid, outcome);
      const waited = outcome.kind === 'not_run' && index !== first[index] && lead.kind !== 'not_run';
      outcomes.set(step, waited ? HELD_BACK : outcome);
    }
  });
  return steps.map((step) => {
    const outcome = outcomes.get(step) ?? HELD_BACK;
    return outcome === HELD_BACK ? (held.get(step.uuid) ?? HELD_BACK) : outcome;
  });
}

async function runChunk(
  chunk: readonly HostStep[],
  first: readonly number[],
  { session, libvirt: { uri, virsh }, known, guard }: Writing,
): Promise<readonly StepOutcome[]> {
  const marker = newMarker();
  const repeats = guard.repeats();
  const request = { marker, uri, virsh, keep: known.keep };
  const line = renderApply(request, chunk, guardOf(chunk, guard, known));
  const { stdout, stderr } = await session.exec(line, undefined, lockListener(marker, guard.waiting));
  const answer = parseApplyAnswer(marker, chunk.length, stdout, stderr, first, lanesOf(chunk));
  const steps = guardedOutcomes(chunk, answer, guard, guard.repeats() > repeats);
  known.update(
    chunk.map(({ uuid }) => uuid),
    answer.described,
    answer.transient,
  );
  noteWritten(chunk, steps, guard);
  return steps;
}
