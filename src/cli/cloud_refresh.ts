import { newcomers } from '../watch/newcomers.ts';
import type { WatchObserver } from '../watch/observer.ts';

export interface RefreshContext {
  /** Between two times at which clouds are asked, in milliseconds. */
  readonly intervalMs: number;
  /** As clouds have told last; null for a host of which none tells anything. */
  readonly serversOn: (host: string) => ReadonlySet<string> | null;
  /** Whether a cloud is asked at all, by what files say now. */
  readonly hasClouds: () => boolean;
  /** Asks them. @returns whether they have answered */
  readonly read: () => Promise<boolean>;
}

/** Many VMs that start one after the other make a cloud be asked so often at most. */
const GAP_MS = 15_000;
/** And a cloud that does not answer. */
const FAILED_GAP_MS = 60_000;

export interface CloudRefresh extends Pick<WatchObserver, 'looked'> {
  readonly close: () => void;
}

/**
 * Asks clouds again, regularly and soon after a look has found something that they had not told of: a VM that was made
 * or has moved, or a NIC that was plugged in.
 */
export function cloudRefresh({ intervalMs, serversOn, hasClouds, read }: RefreshContext): CloudRefresh {
  const isNew = newcomers((host) => serversOn(host));
  let [timer, dueAt] = [setTimeout(() => {}, 0), Number.POSITIVE_INFINITY];
  let notBefore = 0;
  let [reading, wanted, over] = [false, false, false];
  const plan = (at: number): void => {
    if (over || at >= dueAt) return;
    clearTimeout(timer);
    dueAt = at;
    timer = setTimeout(() => void ask(), Math.max(0, at - performance.now()));
    timer.unref();
  };
  const ask = async (): Promise<void> => {
    dueAt = Number.POSITIVE_INFINITY;
    reading = true;
    const isRead = hasClouds() ? await read() : true;
    reading = false;
    notBefore = performance.now() + (isRead ? GAP_MS : FAILED_GAP_MS);
    plan(performance.now() + intervalMs);
    if (wanted || !isRead) plan(notBefore);
    wanted = false;
  };
  plan(performance.now() + intervalMs);
  return {
    looked: (_, { hosts, event }) => {
      const found = hosts.filter(isNew).length > 0;
      const isPlugged = event?.word === 'device-added' && hosts.some(({ name }) => serversOn(name) !== null);
      if (!found && !isPlugged) return;
      // What is being read may be older than what was found.
      if (reading) wanted = true;
      else plan(Math.max(performance.now(), notBefore));
    },
    close: () => {
      over = true;
      clearTimeout(timer);
    },
  };
}
