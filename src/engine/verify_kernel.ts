import { ConnectionError } from '../connection/connection.ts';
import type { Session } from '../connection/session.ts';
import type { Fact } from '../facts/fact.ts';
import { type Change, desiredOf, type KernelState, kernelLack } from '../model/change.ts';
import type { HostFacts } from '../model/facts.ts';
import { moduleNamed } from '../modules/index.ts';
import { withNotes } from './conclude.ts';
import { doneBy } from './meanwhile.ts';
import { subjectId } from './merge.ts';
import type { HostAccess } from './outside.ts';
import { readHost } from './read.ts';
import { textOf } from './trouble.ts';

/** So many VMs are more than are named one by one (visits.ts). */
const MAX_NAMED = 100;

/**
 * Looks at the kernel once more, after a write: one exec, for the VMs alone that were written to; none where nobody asked
 * what the kernel does.
 * @returns what each change is by that
 */
export async function lookAgain(
  changes: readonly Change[],
  connect: () => Promise<Session>,
  libvirt: HostAccess,
  needs: readonly Fact[],
  pause: () => Promise<void>,
): Promise<(change: Change) => Change> {
  const uuids = [...new Set(changes.filter(wasLookedAt).map(({ domain }) => domain.uuid))];
  if (uuids.length === 0) return (change) => change;
  const few = uuids.length > MAX_NAMED ? null : { named: uuids, enough: () => true };
  try {
    const modules = new Set(changes.map(({ module }) => module));
    for (let tries = 1; ; tries++) {
      const read = await readHost(await connect(), libvirt, needs, few);
      if ('error' in read) return (change) => notReadBack(change, read.error.message);
      const now = kernelsIn(read.facts, modules);
      const waits = changes.some((change) => isOnItsWay(change, now));
      if (!waits || tries === MAX_LOOKS) {
        const errors = new Map(read.facts.unreadable.map(({ uuid, error }) => [uuid, error]));
        return (change) => {
          const error = errors.get(change.domain.uuid);
          return error === undefined ? judged(change, now) : notReadBack(change, error);
        };
      }
      await pause();
    }
  } catch (error) {
    if (!(error instanceof ConnectionError)) throw error;
    return (change) => notReadBack(change, textOf(error));
  }
}

/** Whoever sets the kernel for an enforcer looks for work every few seconds. */
const MAX_LOOKS = 8;

function isOnItsWay(change: Change, now: ReadonlyMap<string, KernelState>): boolean {
  const kernel = now.get(subjectId(change));
  const byOthers = change.status === 'changed' && change.steps.some(({ via }) => via !== undefined);
  return byOthers && kernel !== undefined && kernelLack(kernel, desiredOf(change, 'live')).length > 0;
}

const wasLookedAt = ({ kernel, domain }: Change): boolean =>
  kernel !== undefined && domain.state !== 'shutoff';

/** Only what was read back counts. */
function notReadBack(change: Change, why: string): Change {
  if (!wasLookedAt(change) || change.status !== 'changed') return change;
  return {
    ...change,
    status: 'failed',
    reason: `written, but what the kernel does could not be read back: ${why}`,
  };
}

function judged(change: Change, now: ReadonlyMap<string, KernelState>): Change {
  const kernel = now.get(subjectId(change));
  if (kernel === undefined || !wasLookedAt(change)) return change;
  const after = change.after && { ...change.after, kernel: kernel.values };
  const result = { ...change, after };
  const lack = kernelLack(kernel, desiredOf(change, 'live')).map(({ text }) => text);
  if (change.status === 'changed' && lack.length > 0) {
    const reason = `${doneBy(change)} reported success, and the kernel does something else: ${lack.join('; ')}`;
    return { ...result, status: 'failed', reason };
  }
  if (kernel.unknown !== undefined)
    return { ...result, ...withNotes(change, `what the kernel does is not known: ${kernel.unknown}`) };
  if (change.status === 'changed') return result;
  return { ...result, ...withNotes(change, ...kernel.drift.map(({ text }) => `after that, ${text}`)) };
}

function kernelsIn(facts: HostFacts, modules: ReadonlySet<string>): ReadonlyMap<string, KernelState> {
  return new Map(
    [...modules].flatMap((module) =>
      moduleNamed(module)
        .find(facts)
        .flatMap(({ domain, subject, kernel }): [string, KernelState][] =>
          kernel === undefined ? [] : [[subjectId({ module, domain, subject }), kernel]],
        ),
    ),
  );
}
