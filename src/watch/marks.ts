import { type Due, dueAt, marked, type Trigger } from './schedule.ts';
import { aborted, pause } from './wait.ts';

/** What is due at a hypervisor, between those who mark it and the one who looks. */
export interface Marks {
  readonly mark: (trigger: Trigger, event?: Due['event']) => void;
  readonly isDue: () => boolean;
  /** What is due, taken away; waits until something is, or the signal fires (null). */
  readonly take: (lastLookAt: number, over: AbortSignal) => Promise<Due | null>;
}

/** @param heard is told when nothing was due, and something is */
export function marking(heard: () => void): Marks {
  let due: Due | null = null;
  let wake = (): void => {};
  return {
    mark: (trigger, event) => {
      if (due === null) heard();
      due = marked(due, trigger, performance.now(), event);
      wake();
    },
    isDue: () => due !== null,
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
