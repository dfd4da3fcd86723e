import type { Connector } from '../connection/connector.ts';
import type { LockRequest } from '../libvirt/lock_script.ts';
import type { Change } from '../model/change.ts';
import type { Recorder, WatchRecorder } from './recorder.ts';
import type { Trials } from './watchdog.ts';

/** What holds for every host of a run. */
export interface HostContext {
  readonly connector: Pick<Connector, 'connect'>;
  readonly check: boolean;
  /** Hears of what is written before it is; without it nothing is recorded. */
  readonly record?: Recorder | undefined;
  /**
   * Asked with what is about to be written to a hypervisor, each time, and after the read that it was planned by: which
   * of it is wanted no longer, and why. None of that is written.
   */
  readonly overtaken?: ((changes: readonly Change[]) => Promise<ReadonlyMap<Change, string>>) | undefined;
  /** Present where what is written is given back unless somebody confirms it. */
  readonly trials?: Trials | undefined;
  /** Hears what became of watchdogs, where the run confirms another one. */
  readonly confirms?: Pick<WatchRecorder, 'disarm'> | undefined;
  /** A NIC that is named and does not run counts as failed: for one that somebody names by itself. */
  readonly mustRun?: boolean;
  /** Ends connections at once. */
  readonly signal: AbortSignal;
  /** How often a domain that another job holds is tried again; libvirt waits 30 s each time by itself. */
  readonly busyRetries: number;
  /** How often a libvirt that has stopped answering is asked again. */
  readonly absentRetries: number;
  /** Who writes, as others are shown it, and how long to wait for another writer of a host. */
  readonly lock: Pick<LockRequest, 'owner' | 'waitSeconds'>;
  /** Before each further try. */
  readonly retryDelayMs: number;
}
