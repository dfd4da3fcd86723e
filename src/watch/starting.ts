import { hostStatus } from '../engine/host_result.ts';
import { START } from '../libvirt/apply_answer.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';

/**
 * libvirt lets nobody change a VM while it starts, which its own event ends: a look in between has failed in nothing.
 * What one has found of such a VM is skipped, and so looked at again, with that event or soon.
 */
export function leftStarting(host: HostResult): HostResult {
  if (host.error !== undefined || !host.resources.some(isStarting)) return host;
  const resources = host.resources.map((change) => {
    if (!isStarting(change)) return change;
    const { job: _, ...rest } = change;
    return { ...rest, status: 'skipped' as const, reason: STARTING };
  });
  return { ...host, resources, status: hostStatus(resources, false) };
}

const STARTING = 'its VM is being started: it is looked at once it runs';

const isStarting = ({ status, job }: Change): boolean => status === 'busy' && job === START;
