import { type Connector, newConnector } from '../connection/connector.ts';
import type { HostJob } from '../engine/job.ts';
import { hostTurns } from '../engine/turns.ts';
import { listenForSignals } from './signals.ts';

export interface Visits<T> {
  /** In the order of the jobs; null for a host whose turn did not come. */
  readonly seen: readonly (T | null)[];
  /** By Ctrl-C. */
  readonly interrupted: boolean;
}

/** Visits hosts, so many at once. After one Ctrl-C no new visit begins, after a second those under way end. */
export async function visitHosts<T>(
  jobs: readonly HostJob[],
  forks: number,
  visit: (job: HostJob, signal: AbortSignal, connector: Connector) => Promise<T>,
): Promise<Visits<T>> {
  const signals = listenForSignals();
  const connector = newConnector();
  const turns = hostTurns(connector, forks, signals.stopping);
  try {
    const seen = await Promise.all(
      jobs.map((job) =>
        turns.visit(job.target, async () =>
          signals.stopping.aborted ? null : visit(job, signals.abort, connector),
        ),
      ),
    );
    return { seen, interrupted: signals.stopping.aborted };
  } finally {
    connector.close();
    signals.release();
  }
}
