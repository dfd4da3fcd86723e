import type { Dropped } from '../libvirt/watchdog_answer.ts';
import type { Change } from '../model/change.ts';

/** What keeps a record of what is written to hosts. */
export interface Recorder {
  /**
   * Before the first write of these changes, which are all of one hypervisor. Nothing is written before it has resolved.
   * @throws where they cannot be recorded: then they are not to be made
   */
  intend(changes: readonly Change[]): Promise<void>;
  /** What became of changes that were intended. Never rejects: they were made, recorded or not. */
  conclude(changes: readonly Change[]): Promise<void>;
}

/** The same of watchdogs, for runs that begin some or call some off. */
export interface WatchRecorder {
  /** Before a watchdog is begun on a hypervisor. @throws where it cannot be recorded: then nothing is to be written */
  arm(watch: Watch): Promise<void>;
  /** What became of a watchdog; or, with `changes`, of these alone: a confirm leaves them out. Never rejects. */
  disarm(watchdog: string, how: Disarmed, changes?: readonly Change[]): Promise<void>;
}

/** A watchdog, and what it waits for. */
export interface Watch {
  /** Its name on its host. */
  readonly watchdog: string;
  /** In ISO form: from then on it gives back. */
  readonly until: string;
  /** As they are to be once they are confirmed, from what there was before. */
  readonly changes: readonly Change[];
}

/**
 * - dropped: it was called off, and gives nothing back
 * - idle: the same by the run itself, which had written nothing there
 * - late: its time had come
 * - gone: there was none any more
 */
export type Disarmed = Dropped | 'idle';

/** Records what is about to be written to a hypervisor. @returns why that cannot be recorded; null where it is */
export async function intend(
  recorder: Recorder | undefined,
  changes: readonly Change[],
): Promise<string | null> {
  try {
    await recorder?.intend(changes);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/** A change that is not made, since no record of it would be left. */
export function unrecorded(change: Change, problem: string): Change {
  const reason = `not written, since it could not be recorded before: ${problem}`;
  return { ...change, status: 'failed', reason };
}
