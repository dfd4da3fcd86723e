import { type Due, dueAt, marked, markedFew, type Trigger, together } from './schedule.ts';
import { aborted, forgetBy, pause } from './wait.ts';

/** What is due at a hypervisor, between those who mark it and the one who looks. */
export interface Marks {
  readonly mark: (trigger: Trigger, event?: Due['event']) => void;
  readonly isDue: () => boolean;
  /** What is due, taken away; waits until something is, or the signal fires (null). */
  readonly take: (lastLookAt: number, over: AbortSignal) => Promise<Due | null>;
}

/**
 * @param heard is told when nothing was due, and something is
 * @param mayBeFew whether VMs that are heard of may be looked at without the others, which then wait for their own time
 */
export function marking(heard: () => void, mayBeFew: () => boolean = () => false): Marks {
  let due: Due | null = null;
  let few: Due | null = null;
  let wake = (): void => {};
  const mark: Marks['mark'] = (trigger, event) => {
    if (due === null && few === null) heard();
    const at = performance.now();
    const next = trigger === 'event' && event !== undefined && mayBeFew() ? markedFew(few, at, event) : null;
    if (next === null) due = marked(due, trigger, at, event);
    else few = next;
    wake();
  };
  /** @returns what is due by now, or how long nothing is */
  const taken = (lastLookAt: number): Due | number => {
    const leftOf = (one: Due | null): number =>
      one === null ? Number.POSITIVE_INFINITY : dueAt(one, lastLookAt) - performance.now();
    const [all, some] = [leftOf(due), leftOf(few)];
    if (all > 0 && some > 0) return Math.min(all, some);
    const found = all <= 0 ? together(due, few) : few;
    if (all <= 0) due = null;
    few = null;
    return found as Due;
  };
  return {
    mark,
    isDue: () => due !== null || few !== null,
    take: async (lastLookAt, over) => {
      for (;;) {
        if (over.aborted) return null;
        const next = taken(lastLookAt);
        if (typeof next !== 'number') return next;
        const woken = new Promise<void>((resolve) => {
          wake = resolve;
        });
        const signal = new AbortController();
        await Promise.race([
          woken,
          ...(next === Number.POSITIVE_INFINITY ? [] : [pause(Math.ceil(next), signal.signal)]),
          aborted(over, signal.signal),
        ]);
        forgetBy(signal);
      }
    },
  };
}
