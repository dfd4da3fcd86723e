import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { Fact } from '../facts/fact.ts';
import { knownDomains } from '../facts/known.ts';
import type { Change, Sides } from '../model/change.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import { moduleNamed } from '../modules/index.ts';
import { concludeChange } from './conclude.ts';
import type { HostContext } from './context.ts';
import { hasFailed, ignoreFailure, skippedAfterFailure } from './failures.ts';
import type { Owned } from './plan.ts';
import { attemptOf, newProgress, type Progress, runRounds } from './rounds.ts';
import { internalError } from './trouble.ts';
import type { Writing } from './write_steps.ts';

/** What writing on one hypervisor came to. */
export interface Applied {
  /** In the order of the plan. */
  readonly changes: readonly Owned[];
  readonly lost: ConnectionError | null;
  /** The host let this login read as another user, but not write. */
  readonly refusal: BecomeError | null;
  /** What went wrong in virtune itself. */
  readonly defect: string | null;
}

export interface ApplyInput {
  readonly uri: string;
  readonly facts: HostFacts;
  readonly needs: readonly Fact[];
  readonly context: HostContext;
  /** Gives the session; called only where something is to be written. */
  readonly connect: () => Promise<Session>;
}

/**
 * Makes the changes of one hypervisor, in as few execs as possible: one for all that the first tasks of its hosts
 * want, with the re-read in it, then one for the second tasks, and so on. Further ones only for changes with a second
 * step, for domains that are busy, where libvirt ended meanwhile, and for repairs. Never throws.
 */
export async function applyChanges(planned: readonly Owned[], input: ApplyInput): Promise<Applied> {
  const results = new Map<Owned, Change>();
  const failedHosts = new Set<string>();
  const state = { lost: null as ConnectionError | null, refusal: null as BecomeError | null };
  const ranks = [...new Set(planned.map(({ rank }) => rank))].sort((a, b) => a - b);
  let defect: string | null = null;
  try {
    for (const rank of ranks) {
      const now = planned.filter((owned) => owned.rank === rank);
      const left = now.filter(({ hosts }) => !failedHosts.has(hosts[0] ?? ''));
      for (const owned of now)
        if (!left.includes(owned)) results.set(owned, skippedAfterFailure(owned.change));
      await applyRank(left, results, state, input);
      for (const [owned, change] of results)
        if (hasFailed(change)) for (const host of owned.hosts) failedHosts.add(host);
    }
  } catch (error) {
    defect = internalError(error);
  }
  const changes = planned.map((owned) => ({
    ...owned,
    change: results.get(owned) ?? afterDefect(owned.change),
  }));
  return { changes, lost: state.lost, refusal: state.refusal, defect };
}

async function applyRank(
  planned: readonly Owned[],
  results: Map<Owned, Change>,
  state: { lost: ConnectionError | null; refusal: BecomeError | null },
  input: ApplyInput,
): Promise<void> {
  const work = new Map<Owned, Progress>();
  for (const owned of planned) {
    if (owned.change.steps.length === 0 || owned.change.status !== 'pending')
      results.set(owned, final(owned, owned.change));
    else work.set(owned, newProgress(owned.change));
  }
  if (work.size === 0) return;
  let writing: Writing | null = null;
  if (state.lost === null) {
    try {
      writing = await startWriting(input);
      state.refusal ??= await runRounds([...work.values()], writing);
    } catch (error) {
      if (error instanceof BecomeError) {
        state.refusal = error;
        for (const progress of work.values())
          progress.outcome ??= { kind: 'no_rights', error: error.message };
      } else if (error instanceof ConnectionError) state.lost = error;
      else throw error;
    }
  }
  for (const [owned, progress] of work) {
    const change =
      progress.outcome === null || writing === null
        ? lostChange(owned.change, state.lost)
        : concludeChange(owned.change, attemptOf(progress, progress.outcome, writing));
    results.set(owned, final(owned, change));
  }
}

const final = ({ ignoreErrors }: Owned, change: Change): Change =>
  ignoreErrors ? ignoreFailure(change) : change;

async function startWriting({ uri, facts, needs, context, connect }: ApplyInput): Promise<Writing> {
  const session = await connect();
  const known = knownDomains(facts, needs);
  const now = (change: Change): Sides | null => {
    const domain = known.domain(change.domain.uuid);
    return domain === null ? null : sidesOf(change, domain, known.factsOf(domain));
  };
  return { session, uri, context, known, now };
}

/** What a subject has, by a read of its domain. */
function sidesOf({ module, subject }: Change, domain: Domain, facts: HostFacts): Sides | null {
  const { find, sidesOf: read } = moduleNamed(module);
  if (read !== undefined) return read(subject, domain);
  const same = find(facts).find((one) => one.subject.key === subject.key);
  return same === undefined ? null : { live: same.live, config: same.config };
}

function lostChange(change: Change, lost: ConnectionError | null): Change {
  const reason =
    'the host was lost before it was known whether this was written: run again with --rewrite, which sets it once more even where libvirt describes it as set';
  return {
    ...change,
    status: 'unreachable',
    reason: lost === null ? reason : `${reason} (${lost.message})`,
  };
}

/** A change that virtune itself failed in, or that came later. */
function afterDefect(change: Change): Change {
  if (change.steps.length === 0) return change;
  const reason = 'virtune itself failed before it was known whether this was written: run again to see';
  return { ...change, status: 'failed', reason };
}
