import type { Looked } from '../watch/observer.ts';
import { againDelay } from '../watch/schedule.ts';
import { endOverride } from './ending.ts';
import type { FleetView, Located } from './fleet_view.ts';
import type { Mirror } from './mirror.ts';
import { type Outcome, outcomeOf } from './outcome.ts';
import type { Database } from './store/database.ts';
import { claimJobs, finishJob, handBackJobs, postponeJob, reclaimJobs } from './store/jobs.ts';
import { expiredOverrides, finishAndClose, keepLonger } from './store/overrides.ts';
import type { Job } from './store/records.ts';
import { forgetReplays } from './store/replays.ts';
import { forgetOld, type Retention } from './store/retention.ts';

export interface FollowContext {
  readonly database: Database;
  readonly mirror: Mirror;
  readonly view: FleetView;
  /** This process among those of the database. */
  readonly process: number;
  /** Asks for a look at a hypervisor. */
  readonly ask: (host: string) => void;
  readonly say: (text: string) => void;
  readonly kept: Retention;
  /** Hears of jobs that have ended. */
  readonly ended?: (job: Job, state: string) => void;
}

/** What follows accepted requests to their end. */
export interface Follower {
  /** Something was accepted: it is not waited for the next regular time. */
  readonly kick: () => void;
  /** @param revision what a look was made by: overrides as of then */
  readonly looked: (host: string, looked: Looked, revision: number) => void;
  /** The hypervisor has gone: what waits for a look at it waits in the database. */
  readonly lost: (host: string) => void;
  /** Fulfilled once what looks have told of a hypervisor is stored. */
  readonly settled: (host: string) => Promise<void>;
  /** Hands back what is not done. */
  readonly stop: () => Promise<void>;
}

/** What is not told of by others is found so often, in milliseconds. */
const REGULAR_MS = 1_000;
const HOUSEKEEPING_MS = 60_000;
const PAUSE_MS = 50;
const AT_ONCE = 200;
/** A host that comes back is noticed so soon by what waits for it. */
const LONGEST_MS = 10_000;

export function followJobs(context: FollowContext): Follower {
  const { database, mirror, view, process, ask, say } = context;
  const waiting = new Map<string, Map<number, Job>>();
  const settling = new Map<string, Promise<void>>();
  let stopped = false;
  let trouble = '';
  const failing = (error: unknown): void => {
    const text = error instanceof Error ? error.message : String(error);
    // A database that is away says the same each second.
    if (text !== trouble) say(`jobs wait: ${text}`);
    trouble = text;
  };

  const begin = async (): Promise<void> => {
    const jobs = await claimJobs(database, process, AT_ONCE);
    for (const job of jobs) {
      const found = view.locate(job.server);
      if (found.what === 'seen' && found.connected) {
        const { host } = found.vm;
        const own = waiting.get(host) ?? new Map<number, Job>();
        waiting.set(host, own.set(job.id, job));
        ask(host);
        continue;
      }
      await elsewhere(job, found);
    }
    if (jobs.length === AT_ONCE) kick();
  };

  /** Of a server that no connected host has: it may come back, and nobody knows when. */
  const elsewhere = async (job: Job, found: Located): Promise<void> => {
    const text = whereText(found);
    const isGone = found.what === 'nowhere' && job.attempts >= (job.kind === 'set' ? 20 : 3);
    if (!isGone) {
      const afterMs = Math.min(againDelay(job.attempts), LONGEST_MS);
      return postponeJob(database, job, process, afterMs, text);
    }
    // What was set holds still, should the server come back; what was withdrawn has nothing left to be undone on.
    await end(job, '', {
      ...{ what: 'ended', text, result: {}, closes: job.kind === 'withdraw' },
      state: job.kind === 'set' ? 'failed' : 'done',
    });
  };

  const regular = async (): Promise<void> => {
    await mirror.refresh();
    await database.transaction((queries) => reclaimJobs(queries, process));
    await handBackJobs(
      database,
      process,
      [...waiting.values()].flatMap((own) => [...own.keys()]),
    );
    await endExpired();
    await begin();
    trouble = '';
  };

  const endExpired = async (): Promise<void> => {
    const ended = await database.transaction(async (queries) => {
      const expired = await expiredOverrides(queries, AT_ONCE);
      for (const one of expired) {
        await endOverride(queries, one, 'expire', 'its time is over');
        await keepLonger(queries, one.id);
      }
      return expired.length;
    });
    if (ended > 0) await mirror.refresh();
  };

  const finish = async (job: Job, host: string, looked: Looked): Promise<void> => {
    const outcome = outcomeOf(job, looked.hosts);
    if (outcome.what === 'again') {
      await postponeJob(database, job, process, outcome.afterMs, outcome.text);
      return;
    }
    await end(job, host, outcome);
  };

  const end = async (job: Job, host: string, outcome: Extract<Outcome, { what: 'ended' }>): Promise<void> => {
    const { state, text, result, closes } = outcome;
    const last = { state, host, progress: text, result };
    const isOwn = closes
      ? await database.transaction((queries) => finishAndClose(queries, job, process, last))
      : await finishJob(database, job, process, last);
    if (isOwn) context.ended?.(job, state);
    if (isOwn && closes) await mirror.refresh();
  };

  let kicked = false;
  let busy = false;
  const run = async (work: () => Promise<void>): Promise<void> => {
    if (busy || stopped) return;
    busy = true;
    try {
      await work();
      while (kicked && !stopped) {
        kicked = false;
        await begin();
      }
    } catch (error) {
      failing(error);
    } finally {
      busy = false;
    }
  };
  const kick = (): void => {
    kicked = true;
    void run(async () => {});
  };
  const timer = setInterval(() => void run(regular), REGULAR_MS);
  /** In small pieces, with room for requests between them. */
  const forget = async (): Promise<void> => {
    await forgetReplays(database);
    while (!stopped && (await forgetOld(database, context.kept)))
      await new Promise((done) => setTimeout(done, PAUSE_MS));
  };
  let forgetting: Promise<void> = Promise.resolve();
  let isForgetting = false;
  const tidy = (): void => {
    if (isForgetting) return;
    isForgetting = true;
    forgetting = forget()
      .catch(failing)
      .finally(() => {
        isForgetting = false;
      });
  };
  const housekeeping = setInterval(tidy, HOUSEKEEPING_MS);
  database.onNews(() => {
    mirror.refresh().catch(failing);
    kick();
  });

  const after = (host: string, work: () => Promise<void>): void => {
    const done = (settling.get(host) ?? Promise.resolve()).then(work).catch(failing);
    settling.set(host, done);
    void done.then(() => {
      if (settling.get(host) === done) settling.delete(host);
    });
  };

  return {
    kick,
    looked: (host, looked, revision) => {
      const own = [...(waiting.get(host)?.values() ?? [])].filter((job) => job.revision <= revision);
      for (const { id } of own) waiting.get(host)?.delete(id);
      if (own.length === 0) return;
      after(host, async () => {
        for (const job of own) {
          // What cannot be stored stays this process's, and is taken up again.
          await finish(job, host, looked).catch((error: unknown) => {
            failing(error);
            const again = waiting.get(host) ?? new Map<number, Job>();
            waiting.set(host, again.set(job.id, job));
            setTimeout(() => ask(host), REGULAR_MS).unref();
          });
        }
      });
    },
    lost: (host) => {
      const own = [...(waiting.get(host)?.values() ?? [])];
      waiting.delete(host);
      if (own.length === 0) return;
      after(host, async () => {
        for (const job of own)
          await postponeJob(database, job, process, REGULAR_MS, 'its host is not connected');
      });
    },
    settled: async (host) => settling.get(host),
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      clearInterval(housekeeping);
      await Promise.all([...settling.values(), forgetting]);
      const left = [...waiting.values()].flatMap((own) => [...own.values()]);
      for (const job of left)
        await postponeJob(database, job, process, 0, 'the service was stopped').catch(() => {});
    },
  };
}

function whereText(found: Located): string {
  if (found.what === 'seen') return 'its host is not connected';
  return found.what === 'nowhere'
    ? 'no host has the server'
    : 'hosts that may have the server cannot be read';
}
