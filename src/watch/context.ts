import type { Connector } from '../connection/connector.ts';
import type { HostJob, PlayJob } from '../engine/job.ts';
import type { RunOptions } from '../engine/run.ts';
import type { Gate } from '../gates/gate.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import type { LazyRecord } from '../record/lazy.ts';
import type { WallClock } from './clock.ts';
import type { WatchObserver } from './observer.ts';
import type { Turn } from './places.ts';
import type { Pulse } from './pulse.ts';
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
  readonly run: Pick<RunOptions, 'check' | 'listAll' | 'lock' | 'kernel' | 'held' | 'overtaken'>;
  /** Those of one look: what they count over a run, they count over a look. */
  readonly gates?: (() => readonly Gate[]) | undefined;
  /** What holds for a hypervisor beside its plays, as of when a look at it begins. */
  readonly overlay?: ((watched: Watched) => Promise<Watched['plays']>) | undefined;
  /** A look now and then, whatever was heard. */
  readonly intervalMs: number;
  /** The same where libvirt's files cannot be seen. */
  readonly blindIntervalMs: number;
  /** Makes the record of a look at a hypervisor, which says why it was once it is known what it writes. */
  readonly record?: ((reason: (changes: readonly Change[]) => string) => LazyRecord) | undefined;
  /** Hears what each look has seen. */
  readonly seen?: ((host: HostResult) => void) | undefined;
  readonly times?: StreamTimes | undefined;
  /** By which all streams write to their hosts. */
  readonly pulse: Pulse;
  /** Default: that of this machine. */
  readonly clock?: WallClock | undefined;
  /** For looks at what was heard. */
  readonly urgentTurn: Turn;
  /** For looks that nobody waits for: at the start of a large fleet there are many of them. */
  readonly turn: Turn;
  /** For logins. */
  readonly loginTurn: Turn;
  readonly stopping: AbortSignal;
  readonly abort: AbortSignal;
  readonly observer: WatchObserver;
}
