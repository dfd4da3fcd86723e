import type { HostResult } from '../model/result.ts';
import type { Due, Trigger } from './schedule.ts';

/** A look at a hypervisor and what became of it. */
export interface Looked {
  /** A result for each inventory name of the hypervisor. */
  readonly hosts: readonly HostResult[];
  readonly triggers: readonly Trigger[];
  /** Only VMs that were heard of were looked at: of the others the results have what was found before. */
  readonly isOfSome: boolean;
  /** What was heard of a VM that was changed, or else what the look was for. */
  readonly event: Due['event'];
  /** Something was heard during the look that it may not have seen. */
  readonly isDue: boolean;
  /** From that event, or else from the first trigger, until all was written and read back. */
  readonly reactionMs: number;
  /** In how many milliseconds something is to be otherwise of itself; null where nothing is. */
  readonly changesInMs: number | null;
}

/** What a watch tells of itself, hypervisor by hypervisor, under the name that its connection was made with. */
export interface WatchObserver {
  /** The stream of its events stands. */
  readonly connected?: (host: string) => void;
  /** Something was heard, and it is looked at in a moment. */
  readonly due?: (host: string) => void;
  /** A write waits for another writer of the host, or, with null, no longer. @param holder the host's words */
  readonly waiting?: (host: string, holder: string | null) => void;
  readonly looked?: (host: string, looked: Looked) => void;
  /** @param againInMs when it is tried again */
  readonly lost?: (host: string, why: string, againInMs: number) => void;
  /** It is watched no longer: the files lack it. */
  readonly left?: (host: string) => void;
  /** Its stream holds a line that is no event, and is not understood; told of now and then. It is heard all the same. */
  readonly garbled?: (host: string, line: string) => void;
  /** A defect, or something that the operator ought to know of this hypervisor. */
  readonly noted?: (host: string, note: string) => void;
}

/** All of them hear everything, in this order. */
export function togetherWatching(observers: readonly WatchObserver[]): Required<WatchObserver> {
  return {
    connected: (...words) => {
      for (const one of observers) one.connected?.(...words);
    },
    due: (...words) => {
      for (const one of observers) one.due?.(...words);
    },
    waiting: (...words) => {
      for (const one of observers) one.waiting?.(...words);
    },
    looked: (...words) => {
      for (const one of observers) one.looked?.(...words);
    },
    lost: (...words) => {
      for (const one of observers) one.lost?.(...words);
    },
    left: (...words) => {
      for (const one of observers) one.left?.(...words);
    },
    garbled: (...words) => {
      for (const one of observers) one.garbled?.(...words);
    },
    noted: (...words) => {
      for (const one of observers) one.noted?.(...words);
    },
  };
}
