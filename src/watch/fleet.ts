import { groupBy } from '../base/group.ts';
import { withoutRunOnce } from '../engine/batch_rules.ts';
import { hypervisorOf } from '../engine/hypervisor.ts';
import type { HostJob, PlayJob } from '../engine/job.ts';
import { onClockSet, WALL_CLOCK } from './clock.ts';
import type { WatchContext, Watched } from './context.ts';
import { type Watch, watchHypervisor } from './hypervisor.ts';
import { places } from './places.ts';
import { pulse } from './pulse.ts';
import { STREAM_TIMES } from './stream.ts';
import { aborted } from './wait.ts';

/** The hypervisors of a run, each with the plays as far as they are about it. */
export function hypervisorsOf(plays: readonly PlayJob[]): ReadonlyMap<string, Watched> {
  const parts = plays.flatMap((play) =>
    play.batches.flatMap((batch) =>
      batch.map((job, nth) => ({ play, job: unhurried(nth === 0 ? job : withoutRunOnce(job)) })),
    ),
  );
  const found = new Map<string, Watched>();
  for (const [key, own] of groupBy(parts, ({ job }) => hypervisorOf(job))) {
    const [first] = own;
    if (first === undefined) continue;
    const ofPlays = groupBy(own, ({ play }) => play);
    found.set(key, {
      lead: heardByBeats(first.job),
      plays: [...ofPlays].map(([play, jobs]) => ({
        ...play,
        // One hypervisor alone does not tell whether a rule names anything.
        sharded: true,
        batches: [jobs.map(({ job }) => job)],
      })),
    });
  }
  return found;
}

/** A deadline for a host in all is one for a run. */
function unhurried(job: HostJob): HostJob {
  const { hostTimeoutMs: _, ...target } = job.target;
  return { ...job, target };
}

type Shared = Pick<WatchContext, 'turn' | 'urgentTurn' | 'loginTurn' | 'pulse'>;

export interface FleetContext extends Omit<WatchContext, keyof Shared> {
  /** How many hypervisors are looked at, at once; four times as many are connected to. */
  readonly forks: number;
  /** The time that people read was set, by so many milliseconds: each hypervisor is looked at. */
  readonly clockSet?: ((byMs: number) => void) | undefined;
}

/** Its stream is written to and answers all the while, so that SSH's own signs of life would only cost. */
function heardByBeats(job: HostJob): HostJob {
  return { ...job, target: { ...job.target, keepaliveMs: job.target.keepaliveMs ?? 0 } };
}

export interface FleetWatch {
  /** Fulfilled once all watches have ended. */
  readonly ended: Promise<void>;
  /**
   * Other plays hold from now on: hypervisors that they lack are left alone, new ones are watched, and all others are
   * looked at; where it is said so, only those for which the tasks are others.
   * @returns of how many hypervisors that is
   */
  readonly reload: (plays: readonly PlayJob[], looks?: 'all' | 'changed') => number;
  /** A hypervisor is looked at soon, by the name under which it is connected to. */
  readonly ask: (name: string) => void;
  /** How many hypervisors are watched. */
  readonly count: () => number;
}

/** Keeps a fleet as declared until it is stopped. */
export function watchFleet(plays: readonly PlayJob[], context: FleetContext): FleetWatch {
  const shared: Shared = {
    turn: places(context.forks),
    urgentTurn: places(context.forks),
    loginTurn: places(4 * context.forks),
    pulse: pulse((context.times ?? STREAM_TIMES).pulseMs),
  };
  const watches = new Map<string, { readonly watch: Watch; readonly leave: AbortController }>();
  const ended = new Set<Promise<void>>();
  const begin = (key: string, watched: Watched): void => {
    const leave = new AbortController();
    const stopping = AbortSignal.any([context.stopping, leave.signal]);
    const watch = watchHypervisor(watched, { ...context, ...shared }, stopping);
    watches.set(key, { watch, leave });
    ended.add(watch.ended);
    void watch.ended.then(() => ended.delete(watch.ended));
  };
  for (const [key, watched] of hypervisorsOf(plays)) begin(key, watched);
  const forgetClock = onClockSet(context.clock ?? WALL_CLOCK, (byMs) => {
    context.clockSet?.(byMs);
    for (const { watch } of watches.values()) watch.ask('clock');
  });
  return {
    ended: aborted(context.stopping, new AbortController().signal).then(async () => {
      forgetClock();
      await Promise.all(ended);
    }),
    count: () => watches.size,
    ask: (name) => {
      for (const { watch } of watches.values()) if (watch.name() === name) watch.ask('asked');
    },
    reload: (next, looks = 'all') => {
      const wanted = hypervisorsOf(next);
      let count = 0;
      for (const [key, { watch, leave }] of watches) {
        const watched = wanted.get(key);
        if (watched !== undefined) {
          if (watch.reload(watched, looks)) count++;
          continue;
        }
        leave.abort();
        watches.delete(key);
        count++;
        watch.ended.then(() => context.observer.left?.(watch.name()));
      }
      for (const [key, watched] of wanted) {
        if (watches.has(key)) continue;
        begin(key, watched);
        count++;
      }
      return count;
    },
  };
}
