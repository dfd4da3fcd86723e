/**
 * Calls all who are on it, at the same moments. A process that wakes up for each host by itself spends twice as much on
 * its beats as one that wakes up for many of them.
 */
export interface Pulse {
  /** @returns takes it off again */
  readonly on: (beat: () => void) => () => void;
}

export function pulse(everyMs: number): Pulse {
  const all = new Set<() => void>();
  let timer: NodeJS.Timeout | undefined;
  return {
    on: (beat) => {
      all.add(beat);
      timer ??= setInterval(() => {
        for (const one of all) one();
      }, everyMs);
      return () => {
        all.delete(beat);
        if (all.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
  };
}
