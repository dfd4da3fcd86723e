/** A wait of less than this many ms is as good as none: two writers of one fleet meet at many hosts. */
const LONG_MS = 1000;

export interface LongWaits {
  /** @param holder the host's words, or null once it waits no longer */
  readonly hostWaiting: (name: string, holder: string | null) => void;
  /** What is written there is done: the next wait is told again. */
  readonly over: (name: string) => void;
  readonly end: () => void;
}

/** Tells of waits for another writer that last, each once for the same holder. */
export function longWaits(tell: (name: string, holder: string) => void): LongWaits {
  const timers = new Map<string, NodeJS.Timeout>();
  const told = new Map<string, string>();
  const stop = (name: string): void => {
    clearTimeout(timers.get(name));
    timers.delete(name);
  };
  return {
    hostWaiting: (name, holder) => {
      stop(name);
      if (holder === null || told.get(name) === holder) return;
      const lasts = (): void => {
        told.set(name, holder);
        tell(name, holder);
      };
      timers.set(name, setTimeout(lasts, LONG_MS));
    },
    over: (name) => {
      stop(name);
      told.delete(name);
    },
    end: () => {
      for (const name of [...timers.keys()]) stop(name);
    },
  };
}
