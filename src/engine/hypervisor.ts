import { createHash } from 'node:crypto';
import type { ConnectionTarget } from '../connection/connection.ts';
import type { HostJob, PlayJob } from './job.ts';

/** The same for inventory hosts that are one hypervisor as far as files tell: same route, address, port, virsh and URI. */
export function hypervisorOf({ target, uri, virsh, become }: HostJob): string {
  // libvirt's session daemons are one a user; the system's is the same for all.
  const user = uri.includes('session') ? [target.user, become?.user ?? ''] : [];
  return JSON.stringify([uri, virsh ?? '', ...user, routeTo(target)]);
}

/** {@link hypervisorOf} as reports have it: hexadecimal, and without the words of a route, which may be secret. */
export function hypervisorId(job: HostJob): string {
  return createHash('sha256').update(hypervisorOf(job)).digest('hex').slice(0, 16);
}

function routeTo({ kind, address, port, jump, proxyCommand }: ConnectionTarget): unknown {
  if (kind === 'local') return 'local';
  return [address, port, proxyCommand ?? '', jump === undefined ? '' : routeTo(jump)];
}

/** A job of the run that reaches the same hypervisor as others do. */
export interface Rival {
  readonly play: PlayJob;
  readonly job: HostJob;
}

/**
 * What else of a run reaches the hypervisor of some jobs of a play: jobs of other plays, and of other inventory names.
 * Left out are tasks of which only the run itself tells on which host they are (`run_once`).
 */
export function rivalsIn(
  plays: readonly PlayJob[],
): (play: PlayJob, jobs: readonly HostJob[]) => readonly Rival[] {
  const byHypervisor = new Map<string, Rival[]>();
  for (const play of plays) {
    for (const job of play.batches.flat()) {
      const key = hypervisorOf(job);
      const others = byHypervisor.get(key);
      const tasks = job.tasks.filter((task) => task.options?.runOnce !== true);
      const rival = { play, job: tasks.length === job.tasks.length ? job : { ...job, tasks } };
      if (others === undefined) byHypervisor.set(key, [rival]);
      else others.push(rival);
    }
  }
  return (play, jobs) => {
    const [lead] = jobs;
    const all = lead === undefined ? [] : (byHypervisor.get(hypervisorOf(lead)) ?? []);
    if (all.length <= 1) return [];
    const own = new Set(jobs.map((job) => job.name));
    return all.filter((other) => other.play !== play || !own.has(other.job.name));
  };
}
