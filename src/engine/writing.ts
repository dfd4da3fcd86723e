import type { Session } from '../connection/session.ts';
import { deviceSums } from '../facts/device.ts';
import type { Fact } from '../facts/fact.ts';
import { knownDomains } from '../facts/known.ts';
import type { TellHolder } from '../libvirt/lock_answer.ts';
import { type Change, desiredOf, SIDES, type Side, type Sides, type Values } from '../model/change.ts';
import type { Domain, HostFacts } from '../model/facts.ts';
import { moduleNamed } from '../modules/index.ts';
import type { HostContext } from './context.ts';
import type { Guard } from './guard.ts';
import { type HostAccess, withOutside } from './outside.ts';
import type { Writing } from './write_steps.ts';

/** What writing on one hypervisor begins with. */
export interface WritingInput {
  readonly libvirt: HostAccess;
  readonly facts: HostFacts;
  readonly needs: readonly Fact[];
  readonly context: HostContext;
  /** The longest time of an exec there. */
  readonly deadlineMs: number;
  /** How often the connection was lost so far, and what was under way repeated. */
  readonly repeats: () => number;
  /** Gives the session; called only where something is to be written. */
  readonly connect: () => Promise<Session>;
  /** Hears for whom a write waits. */
  readonly waiting?: TellHolder | undefined;
  /** What gives back what is written, where that is on trial. */
  readonly watchdog?: string | undefined;
}

/** @param notes hears what is worth knowing of how it is written @throws ConnectionError */
export async function startWriting(
  {
    libvirt,
    facts,
    needs,
    context,
    connect,
    deadlineMs,
    repeats,
    waiting = () => {},
    watchdog,
  }: WritingInput,
  notes: Set<string>,
): Promise<Writing> {
  const session = await connect();
  const known = knownDomains(facts, needs);
  const look = async (): Promise<void> =>
    known.updateHost(await withOutside(facts, needs, libvirt.enforcers));
  const now = (change: Change): Sides | null => {
    const domain = known.domain(change.domain.uuid);
    return domain === null ? null : sidesOf(change, domain, known.factsOf(domain));
  };
  const lock = { ...context.lock, deadlineSeconds: Math.ceil(deadlineMs / 1000) };
  const guard: Guard = {
    lock,
    waiting,
    watchdog,
    sums: new Map(),
    devices: deviceSums(facts),
    repeats,
    notes,
  };
  return { session, libvirt, context, known, guard, now, look };
}

/** What a subject has, by a read of its domain. */
function sidesOf(change: Change, domain: Domain, facts: HostFacts): Sides | null {
  const { module, subject } = change;
  const { find, sidesOf: read } = moduleNamed(module);
  if (read !== undefined) return read(subject, domain);
  const same = find(facts).find((one) => one.subject.key === subject.key);
  if (same === undefined) return null;
  const now = { live: same.live, config: same.config };
  return SIDES.some((side) => lacks(now[side], change, side)) ? null : now;
}

/** Whether somebody beside libvirt, who was to tell of a setting, did not. */
function lacks(values: Values | null, change: Change, side: Side): boolean {
  if (values === null) return false;
  const desired = desiredOf(change, side);
  return moduleNamed(change.module).settings.some(
    ({ name, optional }) => optional === true && desired[name] !== undefined && values[name] === undefined,
  );
}
