import { isDeepStrictEqual } from 'node:util';
import { ConnectionError } from '../connection/connection.ts';
import { looksAtKernel, sessionKey } from '../engine/visits.ts';
import { isWorthARead } from '../libvirt/watch_script.ts';
import type { WatchContext, Watched } from './context.ts';
import { type Looker, looker, type OwnSession, wantsAgain } from './look.ts';
import { type Marks, marking } from './marks.ts';
import {
  type Due,
  GARBLED_MS,
  isUrgent,
  nextLook,
  PACES,
  type Pace,
  reconnectDelay,
  type Trigger,
} from './schedule.ts';
import { openStream, STREAM_TIMES, type StreamListener } from './stream.ts';
import { aborted, pause, unlessStopped } from './wait.ts';

/** What keeps a hypervisor as declared, until it is stopped. */
export interface Watch {
  /** Fulfilled once what was under way has ended. Never rejected. */
  readonly ended: Promise<void>;
  /** Other plays hold from now on. @returns whether it is looked at by them soon */
  readonly reload: (watched: Watched, looks: 'all' | 'changed') => boolean;
  /** It is looked at soon: somebody asks for it. Without a connection nothing is done, since that begins with a look. */
  readonly ask: (trigger: Extract<Trigger, 'asked' | 'clock'>) => void;
  readonly name: () => string;
}

/** @param stopping ends this watch alone, beside what ends all of them */
export function watchHypervisor(first: Watched, context: WatchContext, stopping: AbortSignal): Watch {
  let watched = first;
  let wake = (_: Trigger): void => {};
  const own = looker(context);
  let isUp = false;
  const loop = async (): Promise<void> => {
    let failed = 0;
    let trigger: Trigger = 'start';
    while (!stopping.aborted) {
      let pace: Pace = PACES.lost;
      const why = await watchOnce({
        watched: () => watched,
        context,
        own,
        stopping,
        trigger,
        up: () => {
          failed = 0;
          isUp = true;
        },
        onWake: (hear) => {
          wake = hear;
        },
      }).catch((error: unknown) => {
        pace = paceAfter(error, watched);
        return error instanceof Error ? error.message : String(error);
      });
      isUp = false;
      if (stopping.aborted) return;
      failed++;
      trigger = 'reconnect';
      const delay = reconnectDelay(failed, Math.random(), pace);
      context.observer.lost?.(watched.lead.name, why, delay);
      // Who has mended a login need not wait for it.
      const forget = new AbortController();
      wake = (trigger) => {
        if (trigger === 'reload') forget.abort();
      };
      await Promise.race([pause(delay, forget.signal), aborted(stopping, forget.signal)]);
      wake = () => {};
      forget.abort();
    }
  };
  return {
    ended: loop(),
    reload: (next, looks) => {
      const looksAgain =
        looks === 'all' ||
        loginOf(watched) !== loginOf(next) ||
        !isDeepStrictEqual(tasksOf(watched), tasksOf(next));
      const [before, name] = [watched.lead.name, next.lead.name];
      watched = next;
      if (before !== name) {
        // Whoever knows it by its name hears of the new one: the connection goes on.
        context.observer.left?.(before);
        if (isUp) context.observer.connected?.(name);
      }
      if (looksAgain) wake('reload');
      return looksAgain;
    },
    ask: (trigger) => wake(trigger),
    name: () => watched.lead.name,
  };
}

/** What is wanted of it, without how it is reached. */
function tasksOf({ plays }: Watched): readonly unknown[] {
  return plays.flatMap(({ batches }) => batches.flat().map(({ name, tasks }) => [name, tasks]));
}

/** How it is reached, as whom. */
function loginOf({ lead }: Watched): string {
  return sessionKey(lead.target, lead.become);
}

function paceAfter(error: unknown, { lead }: Watched): Pace {
  if (!(error instanceof ConnectionError) || error.code !== 'auth') return PACES.lost;
  return lead.target.password === undefined ? PACES.refused : PACES.refusedPassword;
}

interface Once {
  readonly watched: () => Watched;
  readonly context: WatchContext;
  readonly own: Looker;
  readonly stopping: AbortSignal;
  readonly trigger: Trigger;
  readonly up: () => void;
  readonly onWake: (hear: (trigger: Trigger) => void) => void;
}

/** One connection of a hypervisor. @returns why it ended */
async function watchOnce({ watched, context, own, stopping, trigger, up, onWake }: Once): Promise<string> {
  const { connector, observer } = context;
  const first = watched();
  const { lead } = first;
  const key = loginOf(first);
  const session = await unlessStopped(
    context.loginTurn(() => connector.connect(lead.target, { signal: context.abort, become: lead.become })),
    stopping,
  );
  if (session === null) return 'it was stopped';
  const over = new AbortController();
  try {
    const marks = marking(() => observer.due?.(lead.name), own.mayBeFew);
    const kernel = looksAtQueues(watched(), context.run.kernel);
    let stop = (): void => {};
    // Other files may want another stream, or another login.
    const isOutdated = (): boolean =>
      looksAtQueues(watched(), context.run.kernel) !== kernel || loginOf(watched()) !== key;
    onWake((trigger) => {
      if (isOutdated()) stop();
      else marks.mark(trigger);
    });
    let intervalMs = context.intervalMs;
    let garbledAt = Number.NEGATIVE_INFINITY;
    const lookOftener = (why: string): void => {
      intervalMs = context.blindIntervalMs;
      observer.noted?.(lead.name, `${why} every ${intervalMs / 1000} s only`);
    };
    const listener: StreamListener = {
      up: () => {
        up();
        observer.connected?.(lead.name);
        marks.mark(trigger);
      },
      kernel,
      garbled: (line) => {
        const at = performance.now();
        if (at - garbledAt < GARBLED_MS) return;
        garbledAt = at;
        observer.garbled?.(lead.name, line);
        marks.mark('event');
      },
      heard: (heard) => {
        switch (heard.what) {
          case 'blind':
            lookOftener(
              "libvirt's own files cannot be seen there, so that changes without an event are found",
            );
            break;
          case 'deaf':
            lookOftener(
              'tc does not tell there what happens to queues, so that what the kernel does is looked at',
            );
            break;
          case 'event':
            if (own.hear(heard) || isWorthARead(heard)) marks.mark('event', heard);
            break;
          default:
            marks.mark(heard.what);
        }
      },
    };
    const times = context.times ?? STREAM_TIMES;
    const stream = await openStream(session, lead, listener, times, context.pulse);
    stop = () => stream.close();
    stopping.addEventListener('abort', stop);
    if (stopping.aborted || isOutdated()) stop();
    const looking = looks({
      watched,
      context,
      look: own.look,
      session: { session, key },
      marks,
      over: over.signal,
      intervalMs: () => intervalMs,
    }).catch((error: unknown) => {
      // Without looks a stream would only seem to watch.
      stream.close();
      return `internal error, please report it: ${error instanceof Error ? error.stack : error}`;
    });
    const why = await stream.ended;
    stopping.removeEventListener('abort', stop);
    over.abort();
    // What is being written is read back, if the connection still stands.
    return (await looking) ?? why;
  } finally {
    onWake(() => {});
    over.abort();
    session.close();
  }
}

/** Whether a task is to know what the kernel does with something that it can be asked about. */
function looksAtQueues({ plays }: Watched, kernel = false): boolean {
  const jobs = plays.flatMap(({ batches }) => batches.flat());
  const tasks = jobs.flatMap((job) => job.tasks);
  return tasks.some((task) => task.module.kernelFacts !== undefined && looksAtKernel(task, { kernel }));
}

interface Looks {
  readonly watched: () => Watched;
  readonly context: WatchContext;
  readonly look: Looker['look'];
  readonly session: OwnSession;
  readonly marks: Marks;
  readonly over: AbortSignal;
  readonly intervalMs: () => number;
}

/** Looks whenever something is due, one look at a time: what is heard during a look makes one more due. */
async function looks({
  watched,
  context,
  look,
  session,
  marks,
  over,
  intervalMs,
}: Looks): Promise<undefined> {
  let lastLookAt = Number.NEGATIVE_INFINITY;
  let again = 0;
  let timer = setTimeout(() => {}, 0);
  try {
    for (;;) {
      const due = await marks.take(lastLookAt, over);
      if (due === null) return undefined;
      clearTimeout(timer);
      lastLookAt = performance.now();
      const left = await lookOnce({ watched, context, look, session, marks }, due);
      again = left.again ? again + 1 : 0;
      const restarted = due.triggers.includes('reconnect');
      const next = nextLook({ again, restarted, intervalMs: intervalMs(), changesInMs: left.changesInMs });
      // A timer may end a moment before its time, at which nothing would be due yet.
      timer = setTimeout(() => marks.mark(next.trigger), Math.ceil(next.afterMs) + 1);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * What is found is of no more use to the loop, which would keep it until the next look.
 * @returns whether a look is wanted again soon, and when rules begin or end
 */
async function lookOnce(
  { watched, context, look, session, marks }: Omit<Looks, 'over' | 'intervalMs'>,
  due: Due,
): Promise<{ readonly again: boolean; readonly changesInMs: number | null }> {
  const isWaitedFor = due.triggers.some((one) => isUrgent(one) || one === 'asked');
  const turn = isWaitedFor ? context.urgentTurn : context.turn;
  const looked = await turn(() => look(watched(), session, due));
  // It may have another name since.
  context.observer.looked?.(watched().lead.name, { ...looked, isDue: marks.isDue() });
  const { hosts, isOfSome, changesInMs } = looked;
  if (isOfSome) marks.mark('rest');
  return { again: hosts.some(wantsAgain), changesInMs };
}
