import type { Gate } from '../gates/gate.ts';
import type { Event } from '../libvirt/watch_script.ts';

/** A migration of which nothing more is heard ends for this watch after so long. */
const LONGEST_MS = 10 * 60_000;

/** VMs that migrate to a hypervisor. Times are milliseconds since 1970. */
export interface Arriving {
  readonly hear: (event: Event, at: number) => void;
  /**
   * Leaves paused VMs alone while one is on its way.
   * @param mayCome one may be on its way that was not told of yet: its queues are made before its event
   */
  readonly gate: (at: number, mayCome: boolean) => Gate;
}

/**
 * libvirt lets nobody change a VM that migrates in: a write would wait for 30 seconds and then fail, with all that
 * stands behind it. Such a VM is paused until it has arrived, which its own event tells. Which one it is does not
 * matter, since names in events may be anybody's: a VM that is paused sends and receives nothing, and is looked at when
 * it goes on.
 */
export function arriving(): Arriving {
  const since = new Map<string, number>();
  return {
    hear: ({ name, word }, at) => {
      if (word === 'Started Migrated') since.set(name, at);
      else if (/^(Resumed|Stopped)/.test(word)) since.delete(name);
    },
    gate: (at, mayCome) => {
      for (const [name, from] of since) if (from + LONGEST_MS <= at) since.delete(name);
      return {
        name: 'arriving',
        alone: true,
        applies: () => since.size > 0 || mayCome,
        judge: () => [
          {
            covers: ({ domain }) => domain.state === 'paused',
            status: 'skipped' as const,
            reason:
              since.size > 0
                ? 'a VM migrates to this host, and libvirt lets nobody change one until it has arrived'
                : 'it is paused and may be about to migrate to this host: it is looked at again in a moment',
          },
        ],
      };
    },
  };
}
