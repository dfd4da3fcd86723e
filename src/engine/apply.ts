import type { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import type { NicResult } from '../model/result.ts';
import type { AnyModule } from '../modules/index.ts';
import type { Plan, PlanItem } from '../modules/module.ts';
import type { HostContext } from './context.ts';
import type { HostJob } from './job.ts';
import { attemptOf, newProgress, runRounds } from './rounds.ts';
import type { Writing } from './write_steps.ts';

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

/**
 * Carries out a plan in as few execs as possible: one with the first step of every item and the re-read in it;
 * further ones only for items with a second step, for domains that are busy, where libvirt ended meanwhile, and for
 * repairs.
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
  const { job, session, facts, context } = input;
  const work = plan.items.filter((item) => item.steps.length > 0).map(newProgress);
  const afters = new Map<string, Domain>();
  const writing: Writing = { module, job, session, facts, context, afters };
  let { lost } = input;
  let refusal: BecomeError | null = null;
  try {
    if (lost === null) refusal = await runRounds(work, writing);
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    lost = error;
  }
  const byItem = new Map(work.map((progress) => [progress.item, progress]));
  const nics = plan.items.map((item) => {
    const progress = byItem.get(item);
    if (progress === undefined) return item.result;
    if (progress.outcome === null) return lostResult(item, lost);
    return module.conclude(item, attemptOf(progress, progress.outcome, writing));
  });
  return { nics, facts: withDomains(input.facts, afters), lost, refusal };
}

function lostResult(item: PlanItem, lost: ConnectionError | null): NicResult {
  const message =
    'the host was lost before it was known whether this was written: run again with --rewrite, which sets it once more even where libvirt describes it as set';
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
