import type { ConnectionTarget } from '../connection/connection.ts';
import type { HostJob, HostTask, PlayJob } from './job.ts';

/** The same for inventory hosts that are one hypervisor as far as files tell: same way, address, port and URI. */
export function hypervisorOf({ target, uri, become }: HostJob): string {
  // libvirt's session daemons are one a user; the system's is the same for all.
  const user = uri.includes('session') ? [target.user, become?.user ?? ''] : [];
  return JSON.stringify([uri, ...user, wayTo(target)]);
}

function wayTo({ kind, address, port, jump, proxyCommand }: ConnectionTarget): unknown {
  if (kind === 'local') return 'local';
  return [address, port, proxyCommand ?? '', jump === undefined ? '' : wayTo(jump)];
}

/**
 * The tasks of a run that reach the same hypervisor as a job of it does: those of other plays, and of other inventory
 * names of it. Left out are those of which only the run itself tells on which host they are (`run_once`).
 */
export function rivalsIn(plays: readonly PlayJob[]): (job: HostJob) => readonly HostTask[] {
  const byHypervisor = new Map<string, HostJob[]>();
  for (const job of plays.flatMap(({ batches }) => batches.flat())) {
    const key = hypervisorOf(job);
    byHypervisor.set(key, [...(byHypervisor.get(key) ?? []), job]);
  }
  return (job) => {
    const others = (byHypervisor.get(hypervisorOf(job)) ?? []).filter((other) => other !== job);
    return others.flatMap(({ tasks }) => tasks.filter((task) => task.options?.runOnce !== true));
  };
}
