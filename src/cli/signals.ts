import { EXIT } from '../engine/exit_code.ts';
import type { Interruption } from '../engine/run.ts';
import { terminalGone } from './output.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface Signals extends Interruption {
  /** Gives the signals back to the process. */
  readonly release: () => void;
}

/**
 * Ends the process on Ctrl-C until a command listens for it itself, which it does before it contacts a host. A terminal
 * that goes ends it as it always does.
 */
export function endWhenInterrupted(): void {
  for (const name of EARLY) process.on(name, endEarly);
}

const EARLY = ['SIGINT', 'SIGTERM'] as const;

/** A command listens itself from now on: whatever is under way is no longer ended by the first Ctrl-C. */
export function listenedFor(): void {
  for (const name of EARLY) process.off(name, endEarly);
}

function endEarly(): void {
  sayAside('Interrupted: no host was contacted.');
  process.exit(EXIT.interrupted);
}

/**
 * Ctrl-C once: no new host begins, what is in flight is finished and verified. Twice: everything ends at once. Either
 * way the report is written. SIGTERM (a CI job that is cancelled) counts as Ctrl-C. A terminal that goes counts as the
 * first one only, since it is told several times: by SIGHUP from the kernel and the shell, and by writes that fail.
 */
export function listenForSignals(say: (text: string) => void = sayAside): Signals {
  const stopping = new AbortController();
  const abort = new AbortController();
  const stop = (): void => {
    if (stopping.signal.aborted) return;
    stopping.abort();
    say('Interrupted: finishing the hosts that have begun. Once more to stop at once.');
  };
  const onSignal = (name: NodeJS.Signals): void => {
    if (!stopping.signal.aborted || name === 'SIGHUP') stop();
    else if (!abort.signal.aborted) {
      abort.abort();
      say('Stopping at once.');
    }
  };
  for (const name of SIGNALS) process.on(name, onSignal);
  listenedFor();
  terminalGone.addEventListener('abort', stop);
  if (terminalGone.aborted) stop();
  return {
    stopping: stopping.signal,
    abort: abort.signal,
    release: () => {
      for (const name of SIGNALS) process.off(name, onSignal);
      terminalGone.removeEventListener('abort', stop);
    },
  };
}

function sayAside(text: string): void {
  process.stderr.write(`\n${text}\n`);
}
