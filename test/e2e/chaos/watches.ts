import { once } from 'node:events';
import type { Readable } from 'node:stream';
import type { Started } from '../lab.ts';
import type { Called } from './execute.ts';

/** A watch that is killed now and then. */
export interface Watch {
  /** Killed, and begun anew. */
  readonly again: () => Promise<void>;
  readonly end: () => Promise<void>;
}

/** Begins a watch. @param calls hears of each process that has ended */
export function watchOf(begin: () => Started, state: string, calls: Called[]): Watch {
  const begun = (): Started & { readonly spoke: Promise<unknown> } => {
    const started = begin();
    return {
      ...started,
      spoke: Promise.race([once(started.child.stdout as Readable, 'data'), started.ended]),
    };
  };
  let watch = begun();
  const note = async (killed: boolean): Promise<void> => {
    calls.push({ reason: '', state, kind: 'watch', plan: null, killed, ran: await watch.ended });
  };
  return {
    again: async () => {
      watch.child.kill('SIGKILL');
      await note(true);
      watch = begun();
    },
    end: async () => {
      // Before that it ends as any program does.
      await watch.spoke;
      watch.child.kill('SIGTERM');
      await note(false);
    },
  };
}
