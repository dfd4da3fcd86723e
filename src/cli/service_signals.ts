import type { Interruption } from '../engine/run.ts';
import { listenedFor } from './signals.ts';

export interface ServiceSignals extends Interruption {
  /** What SIGHUP does. One at a time; a further one meanwhile makes one more. */
  readonly onReload: (reload: () => Promise<void>) => void;
  /** As SIGHUP does. */
  readonly reload: () => void;
  readonly release: () => void;
}

/**
 * Signals as services have them: SIGTERM or Ctrl-C ends what is under way in order, a second one at once; SIGHUP reads
 * the files again.
 */
export function listenForServiceSignals(say: (text: string) => void): ServiceSignals {
  const stopping = new AbortController();
  const abort = new AbortController();
  let reload = async (): Promise<void> => {};
  let running = false;
  let once = false;
  const onStop = (): void => {
    if (!stopping.signal.aborted) {
      say('Stopping: what is under way is finished. Once more to stop at once.');
      stopping.abort();
    } else if (!abort.signal.aborted) {
      say('Stopping at once.');
      abort.abort();
    }
  };
  const onHangUp = async (): Promise<void> => {
    once = true;
    if (running) return;
    running = true;
    while (once) {
      once = false;
      await reload();
    }
    running = false;
  };
  listenedFor();
  process.on('SIGTERM', onStop);
  process.on('SIGINT', onStop);
  process.on('SIGHUP', onHangUp);
  return {
    stopping: stopping.signal,
    abort: abort.signal,
    onReload: (what) => {
      reload = what;
    },
    reload: () => void onHangUp(),
    release: () => {
      process.off('SIGTERM', onStop);
      process.off('SIGINT', onStop);
      process.off('SIGHUP', onHangUp);
    },
  };
}
