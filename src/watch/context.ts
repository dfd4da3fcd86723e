import type { Connector } from '../connection/connector.ts';
import type { HostJob, PlayJob } from '../engine/job.ts';
import type { RunOptions } from '../engine/run.ts';
import type { Gate } from '../gates/gate.ts';
import type { LazyRecord } from '../record/lazy.ts';
import type { WatchObserver } from './observer.ts';
import type { StreamTimes } from './stream.ts';

/** One hypervisor, with all that is wanted of it. */
export interface Watched {
  /** The name under which its connection is made. */
  readonly lead: HostJob;
  /** The plays with its hosts alone. */
  readonly plays: readonly PlayJob[];
}

export interface WatchContext {
  readonly connector: Connector;
  readonly run: Pick<RunOptions, 'check' | 'listAll' | 'lock'>;
  /** Those of one look: what they count over a run, they count over a look. */
  readonly gates?: (() => readonly Gate[]) | undefined;
  /** A look now and then, whatever was heard. */
  readonly intervalMs: number;
  /** The same where libvirt's files cannot be seen. */
  readonly blindIntervalMs: number;
  /** Makes the record of a look, which says why it was. */
  readonly record?: ((reason: string) => LazyRecord) | undefined;
  readonly times?: StreamTimes | undefined;
  /** Lets so many looks be under way at once. */
  readonly turn: Turn;
  /** The same for logins, of which those to hosts that do not answer take long. */
  readonly loginTurn: Turn;
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly observer: WatchObserver;
}

type Turn = <T>(work: () => Promise<T>) => Promise<T>;
