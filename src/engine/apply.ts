import { BecomeError } from '../connection/become/errors.ts';
import { ConnectionError } from '../connection/connection.ts';
import type { Change } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import { isUntouched, mayBeHalfSet } from './attempt.ts';
import { concludeChange } from './conclude.ts';
import { hasFailed, ignoreFailure, skippedAfterFailure } from './failures.ts';
import { meanwhileOf } from './meanwhile.ts';
import { unlessOvertaken } from './overtaken.ts';
import type { Owned } from './plan.ts';
import { type Few, readHost } from './read.ts';
import { intend, unrecorded } from './recorder.ts';
import {
  type Again,
  domainsToPlanAgain,
  isAsPlanned,
  mergeTried,
  REPLANNED,
  replanned,
  type Tried,
  unwritten,
} from './replan.ts';
import { attemptOf, newProgress, type Progress, pause, runRounds } from './rounds.ts';
import { internalError } from './trouble.ts';
import { lookAgain } from './verify_kernel.ts';
import type { Writing } from './write_steps.ts';
import { startWriting, type WritingInput } from './writing.ts';

/** What writing on one hypervisor came to. */
export interface Applied {
  /** In the order of the plan. */
  readonly changes: readonly Owned[];
  readonly lost: ConnectionError | null;
  /** The host let this login read as another user, but not write. */
  readonly refusal: BecomeError | null;
  /** By inventory host, libvirt's words where it lets this login read, but not write. */
  readonly noRights: ReadonlyMap<string, string>;
  /** What went wrong in virtune itself. */
  readonly defect: string | null;
  /** What is worth knowing of how it was written. */
  readonly notes: readonly string[];
  /** Of what was planned all that may have been written, whatever became of it since. */
  readonly written: ReadonlySet<Owned>;
}

/** Nothing was written, and nothing went wrong. */
export function nothingApplied(changes: readonly Owned[]): Applied {
  return {
    changes,
    lost: null,
    refusal: null,
    noRights: new Map(),
    defect: null,
    notes: [],
    written: new Set(),
  };
}

export interface ApplyInput extends WritingInput {
  /** As the first read was. */
  readonly few: Few | null;
  /** What the tasks want of the hypervisor by another read of it, as the gates leave it. */
  readonly plan: (facts: HostFacts) => readonly Owned[];
  /** What must be done on the host before that is written; it leaves out what is not to be. */
  readonly watch?: (planned: readonly Owned[]) => Promise<readonly Owned[]>;
}

/** What ends the writing on a hypervisor. */
interface Troubles {
  lost: ConnectionError | null;
  refusal: BecomeError | null;
  /** libvirt's words for each change that it did not let this login make. */
  readonly denied: Map<Owned, string>;
  /** What may have been written. */
  readonly begun: Set<Owned>;
  /** Of it what certainly was not. */
  readonly untouched: Set<Owned>;
  readonly notes: Set<string>;
}

/**
 * Makes the changes of one hypervisor, in as few execs as possible: one for all that the first tasks of its hosts
 * want, with the re-read in it, then one for the second tasks, and so on. Further ones only for changes with a second
 * step, for domains that are busy, where libvirt ended meanwhile, for repairs, and where a VM was started, stopped or
 * undefined meanwhile: what is due then is planned from another read. Never throws.
 */
export async function applyChanges(planned: readonly Owned[], input: ApplyInput): Promise<Applied> {
  const results = new Map<Owned, Change>();
  const failedHosts = new Set<string>();
  const state: Troubles = {
    lost: null,
    refusal: null,
    denied: new Map(),
    begun: new Set(),
    untouched: new Set(),
    notes: new Set(),
  };
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
  const begun = changes.filter((_, index) => state.begun.has(planned[index] as Owned));
  if (begun.length > 0) await input.context.record?.conclude(begun.map(({ change }) => change));
  const { lost, refusal, denied, notes } = state;
  const noRights = new Map(
    [...denied].toReversed().flatMap(([{ hosts }, words]) => hosts.map((host) => [host, words])),
  );
  const written = new Set([...state.begun].filter((owned) => !state.untouched.has(owned)));
  return { changes, lost, refusal, noRights, defect, notes: [...notes], written };
}

/** How often the changes of a task are planned anew because somebody else started, stopped or undefined a VM. */
const MAX_REPLANS = 2;

/**
 * The same where only something else of the VMs had changed, e.g. since others write to other subjects of them: each
 * such write lets one of them go on.
 */
const MAX_HARMLESS = 20;

async function applyRank(
  planned: readonly Owned[],
  results: Map<Owned, Change>,
  state: Troubles,
  input: ApplyInput,
): Promise<void> {
  const tried = new Map<Owned, Tried>();
  let todo = new Map<Owned, Change>();
  for (const owned of planned) {
    if (owned.change.steps.length > 0 && owned.change.status === 'pending') todo.set(owned, owned.change);
    else results.set(owned, final(owned, owned.change));
  }
  let { facts } = input;
  const tries = { replans: 0, harmless: 0 };
  while (todo.size > 0) {
    const made = await unlessOvertaken(todo, input.context, (wanted) =>
      applyOnce(wanted, state, { ...input, facts }),
    );
    for (const [owned, now] of made) {
      const all = mergeTried(tried.get(owned), now);
      tried.set(owned, all);
      results.set(owned, final(owned, all.change));
    }
    for (const owned of made.keys())
      if (tried.get(owned)?.untouched === true) state.untouched.add(owned);
      else state.untouched.delete(owned);
    const domains = domainsToPlanAgain([...todo.keys()].map((owned) => tried.get(owned) as Tried));
    const spent = tries.replans >= MAX_REPLANS || tries.harmless >= MAX_HARMLESS;
    if (domains.size === 0 || spent || state.lost !== null || state.refusal !== null) return;
    const again = await planAgain(state, input);
    if (again === null) return;
    facts = again.facts;
    const before = todo;
    todo = new Map();
    let harmless = [...domains.values()].every((what) => what === 'changed');
    for (const owned of planned) {
      const what = domains.get(owned.change.domain.uuid);
      if (what === undefined || !REPLANNED.includes(owned.change.status)) continue;
      const next = replanned(owned.change, tried.get(owned), again, what, input.facts);
      if (next === null) continue;
      harmless &&= isAsPlanned(before.get(owned), next.change);
      results.delete(owned);
      if (next.change.status === 'pending' && next.change.steps.length > 0) todo.set(owned, next.change);
      else results.set(owned, final(owned, next.change));
    }
    tries[harmless ? 'harmless' : 'replans']++;
  }
}

async function applyOnce(
  todo: ReadonlyMap<Owned, Change>,
  state: Troubles,
  input: ApplyInput,
): Promise<ReadonlyMap<Owned, Tried>> {
  const work = new Map([...todo].map(([owned, change]) => [owned, newProgress(change)] as const));
  let writing: Writing | null = null;
  if (state.lost === null) {
    const problem = await intend(input.context.record, [...todo.values()]);
    if (problem !== null)
      return new Map(
        [...todo].map(([owned, change]) => [owned, unwritten(unrecorded(change, problem))] as const),
      );
    for (const owned of todo.keys()) state.begun.add(owned);
    try {
      writing = await startWriting(input, state.notes);
      state.refusal ??= await runRounds([...work.values()], writing);
      for (const [owned, { outcome }] of work)
        if (state.refusal === null && outcome?.kind === 'no_rights') state.denied.set(owned, outcome.error);
        else state.denied.delete(owned);
    } catch (error) {
      if (error instanceof BecomeError) {
        state.refusal = error;
        for (const progress of work.values())
          progress.outcome ??= { kind: 'no_rights', error: error.message };
      } else if (error instanceof ConnectionError) state.lost = error;
      else throw error;
    }
  }
  const tried = [...work].map(
    ([owned, progress]) => [owned, triedOf(progress, writing, state.lost)] as const,
  );
  const { connect, libvirt, needs } = input;
  const wrote = state.lost === null && state.refusal === null ? tried.map(([, { change }]) => change) : [];
  const seen = await lookAgain(wrote, connect, libvirt, needs, () => pause(input.context));
  return new Map(tried.map(([owned, one]) => [owned, { ...one, change: seen(one.change) }] as const));
}

function triedOf(progress: Progress, writing: Writing | null, lost: ConnectionError | null): Tried {
  const { change, outcome } = progress;
  if (outcome === null || writing === null)
    return { change: lostChange(change, lost), wrote: true, meanwhile: null, inDoubt: true };
  const attempt = attemptOf(progress, outcome, writing);
  const meanwhile = meanwhileOf(change, outcome, writing.known.domain(change.domain.uuid));
  return {
    change: concludeChange(change, attempt, meanwhile),
    wrote: progress.next > 0,
    stale: outcome.kind === 'stale' && !progress.doubtful,
    untouched: progress.next === 0 && isUntouched(change, attempt),
    meanwhile,
    inDoubt: mayBeHalfSet(change, attempt) && attempt.repairs.every(({ kind }) => kind !== 'ok'),
  };
}

/** The host as it is now, and what its tasks want of it; null where it cannot be read. */
async function planAgain(
  state: Troubles,
  { connect, libvirt, needs, few, plan, watch }: ApplyInput,
): Promise<Again | null> {
  try {
    const read = await readHost(await connect(), libvirt, needs, few);
    if ('error' in read) return null;
    const planned = plan(read.facts);
    const watched = watch === undefined ? planned : await watch(planned);
    return { facts: read.facts, changes: watched.map(({ change }) => change) };
  } catch (error) {
    if (error instanceof BecomeError) state.refusal = error;
    else if (error instanceof ConnectionError) state.lost = error;
    else throw error;
    return null;
  }
}

const final = ({ ignoreErrors }: Owned, change: Change): Change =>
  ignoreErrors ? ignoreFailure(change) : change;

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
