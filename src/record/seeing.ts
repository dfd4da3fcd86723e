import pLimit from 'p-limit';
import type { HostResult } from '../model/result.ts';
import { readySeen, see } from './seen.ts';
import { sightOf } from './sight.ts';

/** So many files at once are written. */
const AT_ONCE = 8;

/** Keeps what a run sees of hosts. */
export interface Seeing {
  runStarted(run: { readonly id: string }): void;
  hostDone(result: HostResult): void;
  /** Once all is kept. Never rejects. @returns what could not be, in words, or '' */
  end(): Promise<string>;
}

/**
 * It hears of the run and of each host, and keeps what later runs tell causes by, while the run goes on.
 * @param onTrial what the run writes is given back unless somebody confirms it
 */
export function seeing(state: string, onTrial = false): Seeing {
  const limit = pLimit(AT_ONCE);
  const work = new Set<Promise<void>>();
  /** By hypervisor, so that its looks are added one after the other. */
  const last = new Map<string, Promise<void>>();
  const lost = new Set<string>();
  let first: unknown = null;
  let run = '';
  let ready: Promise<void> | null = null;
  const failed = (host: string) => (cause: unknown) => {
    first ??= cause;
    lost.add(host);
  };
  return {
    runStarted: ({ id }) => {
      run = id;
    },
    hostDone: (result) => {
      const { hypervisor, name } = result;
      const sight = sightOf(result, run, new Date().toISOString(), onTrial);
      if (sight === null) return;
      // As text it keeps nothing of a host's answer in memory while it waits.
      const text = JSON.stringify(sight);
      const before = last.get(hypervisor) ?? Promise.resolve();
      ready ??= readySeen(state);
      const begin = ready;
      const one = before
        .then(() => begin)
        .then(() => limit(() => see(state, hypervisor, JSON.parse(text))))
        .catch(failed(name))
        .then(() => {
          work.delete(one);
          if (last.get(hypervisor) === one) last.delete(hypervisor);
        });
      work.add(one);
      last.set(hypervisor, one);
    },
    end: async () => {
      await Promise.all(work);
      if (first === null) return '';
      const words = first instanceof Error ? first.message : String(first);
      const hosts = [...lost];
      const of = hosts.length > 3 ? `${hosts.length} hosts` : hosts.join(', ');
      return `what this run has seen of ${of} could not be kept for --baseline history: ${words}`;
    },
  };
}
