import type { Session } from '../connection/session.ts';
import { explainBy } from '../engine/drift/index.ts';
import { exitCode } from '../engine/exit_code.ts';
import type { Recorder } from '../engine/recorder.ts';
import { runPlays } from '../engine/run.ts';
import { sessionKey } from '../engine/visits.ts';
import { gatesOf } from '../gates/index.ts';
import type { Event } from '../libvirt/watch_script.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import type { SubjectStatus } from '../model/status.ts';
import { causesOf, endOf } from '../record/end.ts';
import { arriving } from './arriving.ts';
import { borrowed } from './borrowed.ts';
import { steadyNow, WALL_CLOCK } from './clock.ts';
import type { WatchContext, Watched } from './context.ts';
import { flapping } from './flapping.ts';
import { type Chain, type HeardOf, heardOf } from './heard_of.ts';
import { packed } from './last_seen.ts';
import { type Lasting, lasting } from './lasting.ts';
import type { Looked } from './observer.ts';
import { isPart, withOthers } from './part.ts';
import { ramping } from './ramps.ts';
import { type Due, isOfQueues } from './schedule.ts';
import { leftStarting } from './starting.ts';
import { whyText } from './why.ts';
import { withEvents } from './why_lost.ts';

/** The session of a hypervisor's stream. */
export interface OwnSession {
  readonly session: Session;
  /** What it can be used for: by other files the hypervisor may be reached otherwise since. */
  readonly key: string;
}

/** Looks at a hypervisor, and what it remembers from one look to the next, over all of its connections. */
export interface Looker {
  readonly look: (watched: Watched, session: OwnSession, due: Due) => Promise<Omit<Looked, 'isDue'>>;
  /** Whether VMs may be looked at without the others, of which enough is known. */
  readonly mayBeFew: () => boolean;
  /** @returns whether a look is due that the event itself does not ask for */
  readonly hear: (event: Event) => boolean;
}

export function looker(context: WatchContext): Looker {
  const clock = (context.clock ?? WALL_CLOCK).now;
  const [guests, rivals, heard, ramps, old] = [arriving(), flapping(), heardOf(), ramping(), lasting()];
  let before: ReturnType<typeof packed> | null = null;
  // What the last look has told is of all VMs.
  let isKnown = false;
  const look: Looker['look'] = async (watched, session, due) => {
    const plays = (await context.overlay?.(watched)) ?? watched.plays;
    const [began, beganAt] = [steadyNow(), clock()];
    if (due.triggers.some((one) => one === 'reload' || one === 'asked')) rivals.forget();
    const gates = [
      ...(context.gates?.() ?? gatesOf({})),
      guests.gate(began, isOfQueues(due)),
      rivals.gate(began, clock() - began),
    ];
    // Of what comes after the first write nothing was known when that was decided.
    const told: { event?: Chain['last'] | undefined; readBackAt?: number } = {};
    const reason = (changes: readonly Change[]): string => {
      told.event = eventOf(changes, heard) ?? undefined;
      return `${watched.lead.name}: ${whyText({ ...due, event: told.event ?? due.event })}`;
    };
    const own = context.record?.(reason);
    const record = own && {
      ...own,
      conclude: (changes: readonly Change[]) => {
        told.readBackAt = steadyNow();
        return own.conclude(changes);
      },
    };
    const only = isKnown ? due.only : undefined;
    const options = { ...context.run, clock, held: ramps.held(began), only };
    const { hosts: ran, code } = await run({ ...watched, plays }, session, {
      ...context,
      ...{ run: options, gates: () => gates, record },
    });
    const found = ran.map(leftStarting);
    const isQuiet = found.every(isAsDeclared);
    const last = isQuiet && only === undefined ? null : (before?.() ?? null);
    const isOfSome = only !== undefined && last !== null && isPart(found, last);
    const withRest = (some: readonly HostResult[]): readonly HostResult[] =>
      isOfSome ? withOthers(some, last, only) : some;
    const looked = last === null || isQuiet ? found : explained(found, last, heard, old);
    const hosts = withRest(looked);
    // Where it could not be read, what was seen last still tells causes.
    isKnown = found.every(({ error }) => error === undefined);
    const isWhole = isKnown && !isOfSome;
    if (isKnown) before = packed(withRest(found));
    for (const host of hosts) context.seen?.(host);
    const changes = looked.flatMap(({ resources }) => resources);
    old.note(changes, isWhole);
    rivals.note(changes, steadyNow(), isWhole);
    ramps.note(changes, steadyNow());
    const lost = await record?.finish({ ...endOf(looked, code), ...causesOf(changes) });
    if (lost) context.observer.noted?.(watched.lead.name, lost);
    const set = namesOf(changes, isChanged);
    heard.set(set, told.readBackAt ?? began);
    heard.right(
      [...namesOf(changes, isRight)].filter((name) => !set.has(name)),
      began,
    );
    const since = told.event?.at ?? performance.timeOrigin + due.firstAt;
    return {
      hosts,
      triggers: due.triggers,
      event: told.event ?? due.event,
      reactionMs: Math.round(steadyNow() - since),
      isOfSome,
      changesInMs: changesIn(
        hosts.flatMap(({ resources }) => resources),
        () => gates.map((gate) => gate.changesAt?.(beganAt) ?? null),
        ramps.dueIn(steadyNow()),
        clock(),
      ),
    };
  };
  return {
    look,
    // What is laid over files is followed by what looks tell of all VMs as they are.
    mayBeFew: () => isKnown && context.overlay === undefined,
    hear: (event) => {
      const at = steadyNow();
      rivals.hear(event);
      heard.hear(event, at);
      return guests.hear(event, at);
    },
  };
}

const isChanged = ({ status }: Change): boolean => status === 'changed';
const isRight = ({ status }: Change): boolean => status === 'inSync' || status === 'unmanaged';

const namesOf = (changes: readonly Change[], are: (change: Change) => boolean): ReadonlySet<string> =>
  new Set(changes.filter(are).map(({ domain }) => domain.name));

/** What was heard of the VMs of these changes: of the one whose last event is the oldest, since it has waited longest. */
function eventOf(changes: readonly Change[], heard: HeardOf): Chain['last'] | null {
  const last = [...namesOf(changes, () => true)].flatMap((name) => heard.newsOf(name)?.last ?? []);
  return last.reduce<Chain['last'] | null>((a, b) => (a === null || b.at < a.at ? b : a), null);
}

/** With why each difference is there, by the looks before and by what was heard since. */
function explained(
  found: readonly HostResult[],
  before: readonly HostResult[],
  heard: HeardOf,
  old: Lasting,
): readonly HostResult[] {
  return found.map(explainBy({ hosts: before, unmatchedRules: [], partial: true })).map((host) => ({
    ...host,
    resources: host.resources.map((change) => withEvents(old.told(change), heard.newsOf(change.domain.name))),
  }));
}

/** Nothing is to be explained. */
function isAsDeclared({ resources }: HostResult): boolean {
  return resources.every(isRight);
}

/** A run of the usual stages for this hypervisor, over the session that there is. */
async function run(
  { lead, plays }: Watched,
  { session, key }: OwnSession,
  {
    connector,
    run: options,
    gates,
    record,
    abort,
    observer,
  }: Omit<WatchContext, 'record'> & { record?: Recorder | undefined },
): Promise<{ readonly hosts: readonly HostResult[]; readonly code: number }> {
  const shared = borrowed(connector, session, (target, how) => sessionKey(target, how?.become) === key);
  // What has begun is finished and read back, whatever stops: only an abort ends it.
  const stopping = new AbortController().signal;
  const outcome = await runPlays(
    shared,
    plays,
    // Causes are told by evidence.
    { ...options, gates: gates?.(), forks: 1, busyRetries: 0, evidence: true, record },
    { stopping, abort },
    { hostWaiting: (_, holder) => observer.waiting?.(lead.name, holder) },
  );
  return { hosts: outcome.hosts, code: exitCode(outcome, abort.aborted) };
}

/**
 * When rules begin or end, the next step of a ramp is due, or a gate may let through what it has held.
 * @param gates when time changes what they say; asked only where one holds something, since windows are followed for weeks
 */
export function changesIn(
  changes: readonly Pick<Change, 'status' | 'next'>[],
  gates: () => readonly (number | null)[],
  stepInMs: number | null,
  now: number,
): number | null {
  const isHeld = changes.some(({ status }) => status === 'refused' || status === 'waived');
  const moments = [
    ...changes.map(({ next }) => (next === undefined ? null : Date.parse(next.at))),
    ...(isHeld ? gates() : []),
    stepInMs === null ? null : now + stepInMs,
  ];
  const first = moments.reduce((a: number, b) => Math.min(a, b ?? Infinity), Infinity);
  return first === Infinity ? null : Math.max(0, first - now);
}

/** What may be otherwise without an event. */
export function wantsAgain({ status, error, resources }: HostResult): boolean {
  if (status === 'unreachable' || (status === 'failed' && error !== undefined)) return true;
  return resources.some((one) => UNSETTLED.includes(one.status));
}

/** `stale`: it changed while it was looked at, so that nothing was written. */
const UNSETTLED: readonly SubjectStatus[] = ['busy', 'failed', 'skipped', 'locked', 'notFound', 'stale'];
