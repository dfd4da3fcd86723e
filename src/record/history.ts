import type { Change } from '../model/change.ts';
import type { StartEntry } from './entry.ts';
import { runsIn } from './folder.ts';
import { idOf, type Made, making, type Wanted } from './made.ts';
import { type RecordedRun, readRun } from './read.ts';
import { confirmsOf, type Waiting, waitingOf } from './trial.ts';

/** A run, and the changes that were asked for of it. */
export interface RunHistory extends RecordedRun {
  readonly made: readonly Made[];
  /** Of a run on trial, where somebody has looked. */
  readonly waiting?: readonly Waiting[];
}

/** One run. @param wanted which changes; all without it */
export async function historyOf(state: string, run: string, wanted?: Wanted): Promise<RunHistory> {
  const { hear, made } = making(wanted);
  const read = await readRun(state, run, hear);
  return { ...read, made: made() };
}

/** The same run with what is known of those that wait for its confirm. */
export async function withWaiting(state: string, history: RunHistory): Promise<RunHistory> {
  if (history.armed.length === 0) return history;
  return { ...history, waiting: waitingOf(history, await confirmsOf(state, history.run)) };
}

/** Newest first, one at a time: a run over a large fleet may have written a great deal. */
export async function* histories(state: string, wanted?: Wanted): AsyncGenerator<RunHistory> {
  for (const run of await runsIn(state)) yield await historyOf(state, run, wanted);
}

/** The changes of a VM, by its libvirt name, taken literally, or its UUID. */
export function ofVm(word: string): Wanted {
  const uuid = word.toLowerCase();
  return { is: ({ domain }) => domain.name === word || domain.uuid === uuid, words: [word, uuid] };
}

/** What runs last knew of a subject. */
export interface Known {
  /** With what was read back in `after`. */
  readonly change: Change;
  readonly run: string;
  readonly at: string;
  readonly start: StartEntry | null;
}

/**
 * Of each subject that runs have written, by host, module, VM and key: what the last of them read back. What was only
 * intended, or could not be read back, is passed over.
 */
export async function lastKnown(state: string, wanted?: Wanted): Promise<ReadonlyMap<string, Known>> {
  const known = new Map<string, Known>();
  for await (const { run, start, made } of histories(state, wanted))
    for (const { change, at } of made.toReversed())
      if (change.after !== null && !known.has(idOf(change)))
        known.set(idOf(change), { change, run, at, start });
  return known;
}
