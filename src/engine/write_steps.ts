import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import { parseApplyAnswer, type StepOutcome } from '../libvirt/apply_answer.ts';
import { keepPaths } from '../libvirt/keep.ts';
import { firstSteps, MAX_STEPS, renderApply, type WriteStep } from '../libvirt/script.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { AnyModule } from '../modules/index.ts';
import type { HostContext } from './context.ts';
import type { HostJob } from './job.ts';

/** What writing on one host needs, and what is known of its domains meanwhile. */
export interface Writing {
  readonly module: AnyModule;
  readonly job: HostJob;
  readonly session: Session;
  readonly facts: HostFacts;
  readonly context: HostContext;
  /** Domains as last read back; one whose read-back failed is missing. */
  readonly afters: Map<string, Domain>;
}

/** A step that was not tried, since an earlier one on its domain met an error that says nothing of this one. */
export const HELD_BACK: StepOutcome = { kind: 'not_run', error: 'held back' };

/**
 * Runs steps, and reads their domains back, in as many execs as Linux's limit on one argument asks for: almost always
 * one. A domain that another job holds is asked once: its other steps have that outcome too.
 * @returns the outcome of each step
 */
export async function runSteps(steps: readonly WriteStep[], writing: Writing): Promise<StepOutcome[]> {
  const outcomes = new Map<WriteStep, StepOutcome>();
  const held = new Map<string, StepOutcome>();
  for (let start = 0; start < steps.length; start += MAX_STEPS) {
    const chunk = steps.slice(start, start + MAX_STEPS).filter(({ uuid }) => !held.has(uuid));
    if (chunk.length === 0) continue;
    const first = firstSteps(chunk);
    const results = await runChunk(chunk, first, writing);
    for (const [index, step] of chunk.entries()) {
      const outcome = results[index] as StepOutcome;
      const lead = results[first[index] as number] as StepOutcome;
      if (outcome.kind === 'busy') held.set(step.uuid, outcome);
      const waited = outcome.kind === 'not_run' && index !== first[index] && lead.kind !== 'not_run';
      outcomes.set(step, waited ? HELD_BACK : outcome);
    }
  }
  return steps.map((step) => {
    const outcome = outcomes.get(step) ?? HELD_BACK;
    return outcome === HELD_BACK ? (held.get(step.uuid) ?? HELD_BACK) : outcome;
  });
}

async function runChunk(
  chunk: readonly WriteStep[],
  first: readonly number[],
  { job, session, facts, afters }: Writing,
): Promise<readonly StepOutcome[]> {
  const known = new Map(facts.domains.map((domain) => [domain.uuid, domain]));
  const marker = newMarker();
  // Metadata cannot change by these writes; what was read of it before still holds.
  const { stdout, stderr } = await session.exec(
    renderApply({ marker, uri: job.uri, keep: keepPaths({ metadata: false }) }, chunk),
  );
  const { steps, domains } = parseApplyAnswer(marker, chunk.length, known, stdout, stderr, first);
  for (const step of chunk) afters.delete(step.uuid);
  for (const domain of domains)
    afters.set(domain.uuid, { ...domain, nova: known.get(domain.uuid)?.nova ?? null });
  return steps;
}
