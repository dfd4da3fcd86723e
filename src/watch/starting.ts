import { WHILE_STARTING } from '../engine/guard.ts';
import { hostStatus } from '../engine/host_result.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';

/**
 * libvirt lets nobody change a VM while it starts, which its own event ends: a look in between has failed in nothing.
 * What one has found of such a VM is skipped, and so looked at again, with that event or soon.
 */
export function leftStarting(host: HostResult): HostResult {
  if (host.error !== undefined || !host.resources.some(isStarting)) return host;
  const resources = host.resources.map((change) =>
    isStarting(change)
      ? {
          ...change,
          status: 'skipped' as const,
          reason: 'its VM is being started: it is looked at once it runs',
        }
      : change,
  );
  return { ...host, resources, status: hostStatus(resources, false) };
}

const isStarting = ({ status, reason = '' }: Change): boolean =>
  status === 'busy' && reason.endsWith(WHILE_STARTING);
