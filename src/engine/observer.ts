import type { HostResult, RunHead } from '../model/result.ts';

/** What a reporter hears while the run goes on. */
export interface Observer {
  runStarted?(run: RunHead): void;
  playStarted?(name: string, hosts: number): void;
  /** The run waits so many seconds before a batch of so many hosts. */
  pausing?(seconds: number, hosts: number): void;
  hostStarted?(name: string): void;
  /**
   * A write on a host waits for another writer of it: `alice@ci, run 20261126T…`, or a process; null once it waits no
   * longer.
   */
  hostWaiting?(name: string, holder: string | null): void;
  hostDone?(result: HostResult): void;
}

/** All of them hear everything, in this order. */
export function together(observers: readonly Observer[]): Observer {
  return {
    runStarted: (run) => {
      for (const one of observers) one.runStarted?.(run);
    },
    playStarted: (name, hosts) => {
      for (const one of observers) one.playStarted?.(name, hosts);
    },
    pausing: (seconds, hosts) => {
      for (const one of observers) one.pausing?.(seconds, hosts);
    },
    hostStarted: (name) => {
      for (const one of observers) one.hostStarted?.(name);
    },
    hostWaiting: (name, holder) => {
      for (const one of observers) one.hostWaiting?.(name, holder);
    },
    hostDone: (result) => {
      for (const one of observers) one.hostDone?.(result);
    },
  };
}

/**
 * An observer whose defects are no host's: the first one is told, and it hears no more.
 * @param tell what it has thrown
 */
export function harmless(observer: Observer, tell: (error: unknown) => void): Observer {
  let broken = false;
  const safely = (work: () => void): void => {
    if (broken) return;
    try {
      work();
    } catch (error) {
      broken = true;
      tell(error);
    }
  };
  return {
    runStarted: (run) => safely(() => observer.runStarted?.(run)),
    playStarted: (name, hosts) => safely(() => observer.playStarted?.(name, hosts)),
    pausing: (seconds, hosts) => safely(() => observer.pausing?.(seconds, hosts)),
    hostStarted: (name) => safely(() => observer.hostStarted?.(name)),
    hostWaiting: (name, holder) => safely(() => observer.hostWaiting?.(name, holder)),
    hostDone: (result) => safely(() => observer.hostDone?.(result)),
  };
}
