import { setTimeout as sleep } from 'node:timers/promises';
import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import { newMarker } from '../connection/marker.ts';
import type { Session } from '../connection/session.ts';
import { parseApplyAnswer, type StepOutcome } from '../libvirt/answer.ts';
import { keepPaths } from '../libvirt/keep.ts';
import { MAX_STEPS, renderApply, type WriteStep } from '../libvirt/script.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { NicResult } from '../model/result.ts';
import type { AnyModule } from '../modules/index.ts';
import type { Plan, PlanItem } from '../modules/module.ts';
import type { HostContext } from './context.ts';
import type { HostJob } from './job.ts';

export interface ApplyInput {
  readonly job: HostJob;
  readonly session: Session;
  readonly facts: HostFacts;
  readonly context: HostContext;
  /** Set when the host was lost in an earlier task: then nothing is tried any more. */
  readonly lost: ConnectionError | null;
}

export interface ApplyOutput {
  readonly nics: readonly NicResult[];
  /** With the domains that were read back. */
  readonly facts: HostFacts;
  readonly lost: ConnectionError | null;
  /** The host let this login read as another user, but not write. */
  readonly refusal: BecomeError | null;
}

/** An item on its way through its steps. */
interface Progress {
  readonly item: PlanItem;
  next: number;
  tries: number;
  outcome: StepOutcome | null;
  repairs: readonly WriteStep[];
  readonly repaired: StepOutcome[];
}

/**
 * Carries out a plan in as few execs as possible: one with the first step of every item and the re-read in it;
 * further ones only for items with a second step, for busy domains and for repairs.
 */
export async function applyPlan(
  module: AnyModule,
  plan: Plan<PlanItem>,
  input: ApplyInput,
): Promise<ApplyOutput> {
  if (input.context.check)
    return {
      nics: plan.items.map((item) => item.result),
      facts: input.facts,
      lost: input.lost,
      refusal: null,
    };
  const work = plan.items
    .filter((item) => item.steps.length > 0)
    .map((item): Progress => ({ item, next: 0, tries: 0, outcome: null, repairs: [], repaired: [] }));
  const afters = new Map<string, Domain>();
  let { lost } = input;
  let refusal: BecomeError | null = null;
  try {
    if (lost === null) refusal = await runRounds(module, work, afters, input);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    lost = error;
  }
  const byItem = new Map(work.map((progress) => [progress.item, progress]));
  const nics = plan.items.map((item) => {
    const progress = byItem.get(item);
    if (progress === undefined) return item.result;
    if (progress.outcome === null) return lostResult(item, lost);
    const after = afters.get(uuidOf(progress)) ?? null;
    return module.conclude(item, { outcome: progress.outcome, repairs: progress.repaired, after });
  });
  return { nics, facts: withDomains(input.facts, afters), lost, refusal };
}

async function runRounds(
  module: AnyModule,
  work: readonly Progress[],
  afters: Map<string, Domain>,
  input: ApplyInput,
): Promise<BecomeError | null> {
  const { context } = input;
  for (;;) {
    const pending = work.filter((progress) => progress.outcome === null);
    if (pending.length === 0) break;
    if (pending.every((progress) => progress.tries > 0)) await pause(context);
    const steps = pending.map(currentStep);
    const outcomes = await runSteps(steps, afters, input).catch(asRefusal);
    if (outcomes instanceof BecomeError) {
      for (const progress of pending) progress.outcome = { kind: 'no_rights', error: outcomes.message };
      return outcomes;
    }
    for (const [index, progress] of pending.entries()) {
      advance(progress, outcomes[index] as StepOutcome, context.busyRetries);
      if (progress.outcome === null) continue;
      const after = afters.get(uuidOf(progress)) ?? null;
      progress.repairs = module.repairs(progress.item, progress.outcome, after);
    }
  }
  for (;;) {
    const broken = work.filter(
      (p) => p.repaired.length < p.repairs.length && p.repaired.at(-1)?.kind !== 'ok',
    );
    if (broken.length === 0) return null;
    const steps = broken.map((progress) => progress.repairs[progress.repaired.length] as WriteStep);
    const outcomes = await runSteps(steps, afters, input).catch(asRefusal);
    if (outcomes instanceof BecomeError) return outcomes;
    for (const [index, progress] of broken.entries()) progress.repaired.push(outcomes[index] as StepOutcome);
  }
}

/** The host let this login read as another user, and does not let it write. */
function asRefusal(error: unknown): BecomeError {
  if (error instanceof BecomeError) return error;
  throw error;
}

function currentStep(progress: Progress): WriteStep {
  return progress.item.steps[progress.next] as WriteStep;
}

/** The domain of an item; it has at least one step. */
function uuidOf({ item }: Progress): string {
  return item.steps[0]?.uuid ?? '';
}

function advance(progress: Progress, outcome: StepOutcome, busyRetries: number): void {
  if (outcome.kind === 'ok') {
    progress.next++;
    if (progress.next === progress.item.steps.length) progress.outcome = outcome;
  } else if (outcome.kind === 'busy' && progress.tries < busyRetries) {
    progress.tries++;
  } else {
    progress.outcome = outcome;
  }
}

async function pause(context: HostContext): Promise<void> {
  await sleep(context.busyDelayMs, undefined, { signal: context.signal }).catch(() => {
    throw new ConnectionError('aborted', 'the run was interrupted');
  });
}

/** Runs steps in as many execs as Linux's limit on one argument asks for: almost always one. */
async function runSteps(
  steps: readonly WriteStep[],
  afters: Map<string, Domain>,
  { job, session, facts }: ApplyInput,
): Promise<StepOutcome[]> {
  const known = new Map(facts.domains.map((domain) => [domain.uuid, domain]));
  const outcomes: StepOutcome[] = [];
  for (let start = 0; start < steps.length; start += MAX_STEPS) {
    const chunk = steps.slice(start, start + MAX_STEPS);
    const marker = newMarker();
    // Metadata cannot change by these writes; what was read of it before still holds.
    const command = renderApply({ marker, uri: job.uri, keep: keepPaths({ metadata: false }) }, chunk);
    const { stdout, stderr } = await session.exec(command);
    const answer = parseApplyAnswer(marker, chunk.length, known, stdout, stderr);
    outcomes.push(...answer.steps);
    for (const step of chunk) afters.delete(step.uuid);
    for (const domain of answer.domains)
      afters.set(domain.uuid, { ...domain, nova: known.get(domain.uuid)?.nova ?? null });
  }
  return outcomes;
}

function lostResult(item: PlanItem, lost: ConnectionError | null): NicResult {
  const message = 'the host was lost before it was known whether this was written: run again to see';
  return {
    ...item.result,
    status: 'unreachable',
    message: lost === null ? message : `${message} (${lost.message})`,
  };
}

function withDomains(facts: HostFacts, afters: ReadonlyMap<string, Domain>): HostFacts {
  if (afters.size === 0) return facts;
  return { ...facts, domains: facts.domains.map((domain) => afters.get(domain.uuid) ?? domain) };
}
