import type { Connector } from '../connection/connector.ts';
import type { LockRequest } from '../libvirt/lock_script.ts';
import type { Recorder } from './recorder.ts';

/** What holds for every host of a run. */
export interface HostContext {
  readonly connector: Pick<Connector, 'connect'>;
  readonly check: boolean;
  /** Hears of what is written before it is; without it nothing is recorded. */
  readonly record?: Recorder | undefined;
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
