import { setTimeout as sleep } from 'node:timers/promises';
import type { Connector } from '../connection/connector.ts';
import type { Session } from '../connection/session.ts';
import { explainBy } from '../engine/drift/index.ts';
import { exitCode } from '../engine/exit_code.ts';
import type { HostJob, PlayJob } from '../engine/job.ts';
import { type RunOptions, runPlays } from '../engine/run.ts';
import { sessionKey } from '../engine/visits.ts';
import type { Gate } from '../gates/gate.ts';
import { isWorthARead } from '../libvirt/watch_script.ts';
import type { HostResult } from '../model/result.ts';
import { endOf } from '../record/end.ts';
import type { LazyRecord } from '../record/lazy.ts';
import { borrowed } from './borrowed.ts';
import type { WatchObserver } from './observer.ts';
import { againDelay, type Due, dueAt, marked, reconnectDelay, type Trigger } from './schedule.ts';
import { openStream, STREAM_TIMES, type StreamListener, type StreamTimes } from './stream.ts';
import { whyText } from './why.ts';

/** A libvirt that has just been started may say of things that they are not there. */
const AFTER_RESTART_MS = 15_000;

/** One hypervisor, with all that is wanted of it. */
export interface Watched {
  /** The name under which its connection is made. */
  readonly lead: HostJob;
  /** The plays with its hosts alone. */
  readonly plays: readonly PlayJob[];
}

export interface WatchContext {
  readonly connector: Connector;
  readonly run: Pick<RunOptions, 'check' | 'listAll'>;
  /** Those of one look: what they count over a run, they count over a look. */
  readonly gates?: (() => readonly Gate[]) | undefined;
  /** A look now and then, whatever was heard. */
  readonly intervalMs: number;
  /** The same where libvirt's files cannot be seen. */
  readonly blindIntervalMs: number;
  /** Makes the record of a look, which says why it was. */
  readonly record?: ((reason: string) => LazyRecord) | undefined;
  readonly times?: StreamTimes | undefined;
  /** Lets so many looks and logins be under way at once. */
  readonly turn: <T>(work: () => Promise<T>) => Promise<T>;
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly observer: WatchObserver;
}

/** What keeps a hypervisor as declared, until it is stopped. */
export interface Watch {
  /** Fulfilled once what was under way has ended. Never rejected. */
  readonly ended: Promise<void>;
  /** Other plays hold from now on. */
  readonly reload: (watched: Watched) => void;
  readonly name: () => string;
}

/** @param stopping ends this watch alone, beside what ends all of them */
export function watchHypervisor(first: Watched, context: WatchContext, stopping: AbortSignal): Watch {
  let watched = first;
  let reloaded = (): void => {};
  const loop = async (): Promise<void> => {
    let failed = 0;
    let trigger: Trigger = 'start';
    while (!stopping.aborted) {
      const why = await watchOnce({
        watched: () => watched,
        context,
        stopping,
        trigger,
        up: () => {
          failed = 0;
        },
        onReload: (wake) => {
          reloaded = wake;
        },
      }).catch((error: unknown) => (error instanceof Error ? error.message : String(error)));
      if (stopping.aborted) return;
      failed++;
      trigger = 'reconnect';
      const delay = reconnectDelay(failed, Math.random());
      context.observer.lost?.(watched.lead.name, why, delay);
      await pause(delay, stopping);
    }
  };
  return {
    ended: loop(),
    reload: (next) => {
      watched = next;
      reloaded();
    },
    name: () => watched.lead.name,
  };
}

interface Once {
  readonly watched: () => Watched;
  readonly context: WatchContext;
  readonly stopping: AbortSignal;
  readonly trigger: Trigger;
  readonly up: () => void;
  readonly onReload: (wake: () => void) => void;
}

/** One connection of a hypervisor. @returns why it ended */
async function watchOnce({ watched, context, stopping, trigger, up, onReload }: Once): Promise<string> {
  const { connector, observer } = context;
  const { lead } = watched();
  const session = await unlessStopped(
    context.turn(() => connector.connect(lead.target, { signal: context.abort, become: lead.become })),
    stopping,
  );
  if (session === null) return 'it was stopped';
  const over = new AbortController();
  try {
    const marks = marking();
    onReload(() => marks.mark('reload'));
    let intervalMs = context.intervalMs;
    const listener: StreamListener = {
      up: () => {
        up();
        observer.connected?.(lead.name);
        marks.mark(trigger);
      },
      heard: (heard) => {
        if (heard.what === 'blind') {
          intervalMs = context.blindIntervalMs;
          observer.noted?.(
            lead.name,
            `libvirt's own files cannot be seen there, so that changes without an event are found every ${intervalMs / 1000} s only`,
          );
        } else if (heard.what === 'touched') marks.mark('touched');
        else if (isWorthARead(heard)) marks.mark('event', heard);
      },
    };
    const stream = await openStream(session, lead, listener, context.times ?? STREAM_TIMES);
    const stop = (): void => stream.close();
    stopping.addEventListener('abort', stop);
    if (stopping.aborted) stop();
    const looking = looks({
      watched,
      context,
      session,
      marks,
      over: over.signal,
      intervalMs: () => intervalMs,
    });
    const why = await stream.ended;
    stopping.removeEventListener('abort', stop);
    over.abort();
    // What is being written is read back, if the connection still stands.
    await looking;
    return why;
  } finally {
    onReload(() => {});
    over.abort();
    session.close();
  }
}

interface Marks {
  readonly mark: (trigger: Trigger, event?: Due['event']) => void;
  /** What is due, taken away; waits until something is, or the signal fires (null). */
  readonly take: (lastLookAt: number, over: AbortSignal) => Promise<Due | null>;
}

function marking(): Marks {
  let due: Due | null = null;
  let wake = (): void => {};
  return {
    mark: (trigger, event) => {
      due = marked(due, trigger, performance.now(), event);
      wake();
    },
    take: async (lastLookAt, over) => {
      for (;;) {
        if (over.aborted) return null;
        const wait = due === null ? null : dueAt(due, lastLookAt) - performance.now();
        if (due !== null && wait !== null && wait <= 0) {
          const taken: Due = due;
          due = null;
          return taken;
        }
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const signal = new AbortController();
        await Promise.race([
          woken,
          ...(wait === null ? [] : [pause(Math.ceil(wait), signal.signal)]),
          aborted(over, signal.signal),
        ]);
        signal.abort();
      }
    },
  };
}

interface Looks {
  readonly watched: () => Watched;
  readonly context: WatchContext;
  readonly session: Session;
  readonly marks: Marks;
  readonly over: AbortSignal;
  readonly intervalMs: () => number;
}

/** Looks whenever something is due, one look at a time: what is heard during a look makes one more due. */
async function looks({ watched, context, session, marks, over, intervalMs }: Looks): Promise<void> {
  let lastLookAt = Number.NEGATIVE_INFINITY;
  let again = 0;
  let before: readonly HostResult[] = [];
  let timer = setTimeout(() => {}, 0);
  try {
    for (;;) {
      const due = await marks.take(lastLookAt, over);
      if (due === null) return;
      clearTimeout(timer);
      const { lead } = watched();
      lastLookAt = performance.now();
      const found = await context.turn(() => look(watched(), session, context, due));
      const hosts =
        before.length === 0
          ? found
          : found.map(explainBy({ hosts: before, unmatchedRules: [], partial: true }));
      // Where it could not be read, what was seen last still tells causes.
      if (found.every(({ error }) => error === undefined)) before = found;
      context.observer.looked?.(lead.name, {
        hosts,
        triggers: due.triggers,
        event: due.event,
        reactionMs: Math.round(performance.now() - due.firstAt),
      });
      again = hosts.some(wantsAgain) ? again + 1 : 0;
      const next = again > 0 ? againDelay(again) : intervalMs();
      const soon = due.triggers.includes('reconnect') ? AFTER_RESTART_MS : next;
      timer = setTimeout(() => marks.mark(again > 0 ? 'again' : 'interval'), Math.min(next, soon));
    }
  } finally {
    clearTimeout(timer);
  }
}

/** A run of the usual stages for this hypervisor, over the session that there is. */
async function look(
  { lead, plays }: Watched,
  session: Session,
  { connector, run, gates, record, abort, observer }: WatchContext,
  due: Due,
): Promise<readonly HostResult[]> {
  const own = sessionKey(lead.target, lead.become);
  const shared = borrowed(
    connector,
    session,
    (target, options) => sessionKey(target, options?.become) === own,
  );
  const recorder = record?.(`${lead.name}: ${whyText(due)}`);
  // What has begun is finished and read back, whatever stops: only an abort ends it.
  const stopping = new AbortController().signal;
  const outcome = await runPlays(
    shared,
    plays,
    // Causes are told by evidence.
    { ...run, gates: gates?.(), forks: 1, busyRetries: 0, evidence: true, record: recorder },
    { stopping, abort },
    {},
  );
  const lost = await recorder?.finish(endOf(outcome.hosts, exitCode(outcome, abort.aborted)));
  if (lost) observer.noted?.(lead.name, lost);
  return outcome.hosts;
}

/** What may be otherwise without an event. */
function wantsAgain({ status, error, resources }: HostResult): boolean {
  if (status === 'unreachable' || (status === 'failed' && error !== undefined)) return true;
  return resources.some((one) => one.status === 'busy' || one.status === 'failed');
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => {});
}

/** What is being connected to is not waited for when it is not wanted any more. */
async function unlessStopped(connecting: Promise<Session>, stopping: AbortSignal): Promise<Session | null> {
  const forget = new AbortController();
  const session = await Promise.race([connecting, aborted(stopping, forget.signal).then(() => null)]).finally(
    () => forget.abort(),
  );
  if (session === null)
    connecting.then(
      (late) => late.close(),
      () => {},
    );
  return session;
}

/** @param forget ends the wait */
function aborted(signal: AbortSignal, forget: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(), { once: true, signal: forget });
  });
}
