import type { Connector } from '../connection/connector.ts';

/** What holds for every host of a run. */
export interface HostContext {
  readonly connector: Pick<Connector, 'connect'>;
  readonly check: boolean;
  /** Ends connections at once. */
  readonly signal: AbortSignal;
  /** How often a domain that another job holds is tried again; libvirt waits 30 s each time by itself. */
  readonly busyRetries: number;
  /** How often a libvirt that has stopped answering is asked again. */
  readonly absentRetries: number;
  /** Before each further try. */
  readonly retryDelayMs: number;
}
