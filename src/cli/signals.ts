import type { Interruption } from '../engine/run.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Signals extends Interruption {
  /** Gives the signals back to the process. */
  readonly release: () => void;
}

/**
 * Ctrl-C once: no new host begins, what is in flight is finished and verified. Twice: everything ends at once. Either
 * way the report is written. SIGTERM (a CI job that is cancelled) and SIGHUP (a terminal that goes) count as one Ctrl-C.
 */
export function listenForSignals(say: (text: string) => void = sayAside): Signals {
  const stopping = new AbortController();
  const abort = new AbortController();
  const onSignal = (): void => {
    if (!stopping.signal.aborted) {
      stopping.abort();
      say('Interrupted: finishing the hosts that have begun. Once more to stop at once.');
    } else if (!abort.signal.aborted) {
      abort.abort();
      say('Stopping at once.');
    }
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  return {
    stopping: stopping.signal,
    abort: abort.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
    },
  };
}

function sayAside(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
