import type { KnownDomains } from '../facts/known.ts';
import type { ApplyAnswer, StepOutcome } from '../libvirt/apply_answer.ts';
import type { WriteGuard, WriteStep } from '../libvirt/apply_script.ts';
import type { LockAnswer, TellHolder } from '../libvirt/lock_answer.ts';
import { type LockRequest, ownerText } from '../libvirt/lock_script.ts';
import { descriptionSum } from '../libvirt/sum_script.ts';

/** What keeps the writes on one host apart from those of others. */
export interface Guard {
  readonly lock: LockRequest | undefined;
  /** Hears for whom a write waits. */
  readonly waiting: TellHolder;
  /** What gives back what is written, where that is on trial. */
  readonly watchdog?: string | undefined;
  /** What each domain is held against, by UUID: the plan's, until a write of our own may have changed it. */
  readonly sums: Map<string, string>;
  /** By path, what the plan saw the host to have there. */
  readonly devices: ReadonlyMap<string, string>;
  /** How often the connection was lost and what was under way repeated. */
  readonly repeats: () => number;
  /** What is worth knowing of it, once each. */
  readonly notes: Set<string>;
}

/** What steps are written under; those that only read back need no lock, and compare nothing. */
export function guardOf(
  steps: readonly WriteStep[],
  { lock, sums, devices, watchdog }: Guard,
  known: KnownDomains,
): WriteGuard {
  const writing = steps.filter(({ commands }) => commands.length > 0);
  if (writing.length === 0) return {};
  const unseen: string[] = [];
  for (const { uuid } of writing) {
    const domain = known.domain(uuid);
    if (sums.has(uuid)) continue;
    if (domain === null) unseen.push(uuid);
    else if (domain.text !== undefined) sums.set(uuid, descriptionSum(domain.text));
  }
  return {
    lock,
    watchdog,
    devices,
    sums: new Map([...sums, ...unseen.map((uuid) => [uuid, NO_SUM] as const)]),
  };
}

/**
 * No description has this number. A domain that may have been written and was not read back since may be as anybody
 * left it: so the host only reads it.
 */
const NO_SUM = '-';

/**
 * The outcomes of steps by what the host says of its lock, and of domains that are not as they were. Where the program
 * was run twice, since the line was lost, it may have been the first that changed them, or that has the lock still.
 */
export function guardedOutcomes(
  steps: readonly WriteStep[],
  { steps: outcomes, stale, inJob, unwatched, lock }: ApplyAnswer,
  guard: Guard,
  repeated: boolean,
): readonly StepOutcome[] {
  if (lock.lockedBy === undefined) for (const note of notesOf(lock)) guard.notes.add(note);
  return outcomes.map((outcome, index) => {
    const uuid = steps[index]?.uuid ?? '';
    const held = stale.has(uuid) || inJob.has(uuid);
    // Other kinds say of the write as a whole why nothing came of it.
    const kept = held && ['ok', 'lost', 'garbled'].includes(outcome.kind);
    if (!kept && outcome.kind !== 'locked') return outcome;
    if (repeated) return { kind: 'lost', error: 'the connection was lost while it was being written' };
    // Two names of one hypervisor, which files do not tell apart from two hypervisors: it will come to an end.
    if (outcome.kind === 'locked' && isOwn(lock, guard))
      return { kind: 'busy', error: 'this run writes to the same host under another name' };
    if (outcome.kind === 'locked') return { ...outcome, error: `${outcome.error} (${waited(guard)})` };
    if (unwatched) return { kind: 'unwatched', error: TOO_SLOW };
    if (stale.has(uuid)) return { kind: 'stale', error: 'nothing was written to it' };
    const job = inJob.get(uuid) ?? '';
    return { kind: 'busy', error: `${job || 'libvirt does not say which'}${UNTIL_IT_ENDS}`, job };
  });
}

const UNTIL_IT_ENDS = '; libvirt lets nobody change the VM until that ends';

const TOO_SLOW =
  'the time for its confirm was over before it could be written, so nothing was: --confirm-within takes a longer one';

/** Takes what steps may have changed: the domains of these are held against what was read back. */
export function noteWritten(
  steps: readonly WriteStep[],
  outcomes: readonly StepOutcome[],
  { sums }: Guard,
): void {
  for (const [index, { uuid, commands }] of steps.entries()) {
    const kind = outcomes[index]?.kind ?? 'lost';
    // Of several commands one may have worked.
    const inPart = commands.length > 1 && ['virsh_failed', 'busy'].includes(kind);
    if (inPart || ['ok', 'lost', 'garbled'].includes(kind)) sums.delete(uuid);
  }
}

function notesOf({ holder, without }: LockAnswer): readonly string[] {
  const notes: string[] = [];
  if (holder !== undefined) notes.push(`waited for another writer on this host: ${holder}`);
  if (without !== undefined)
    notes.push(
      `no lock keeps other writers of this host away, so what was read is compared alone: ${without}`,
    );
  return notes;
}

/** Whether this very run has the lock: a watch in a container may have the process id of one in another. */
const isOwn = ({ lockedBy }: LockAnswer, { lock }: Guard): boolean =>
  lock !== undefined && lock.owner.run !== '' && lockedBy === ownerText(lock.owner);

const waited = ({ lock }: Guard): string =>
  lock?.waitSeconds === 0 ? 'not waited for' : `waited ${lock?.waitSeconds} s; --lock-wait sets how long`;
