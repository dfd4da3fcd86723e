import type { Gate } from '../gates/gate.ts';
import type { Event } from '../libvirt/watch_script.ts';

/** A migration of which nothing more is heard ends for this watch after so long. */
const LONGEST_MS = 10 * 60_000;

/** More do not migrate to a hypervisor at once: a host that tells of them tells lies. */
const MOST = 1_000;

/** VMs that migrate to a hypervisor. Times are milliseconds since 1970. */
export interface Arriving {
  /** @returns whether one has arrived that goes on being paused, of which no other event tells */
  readonly hear: (event: Event, at: number) => boolean;
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
 * it goes on. One that was paused where it came from stays so: `Suspended Paused` is then its last event (seen on libvirt
 * 9.0.0).
 */
export function arriving(): Arriving {
  const since = new Map<string, number>();
  return {
    hear: ({ name, word }, at) => {
      if (word === 'Started Migrated') {
        if (since.size < MOST) since.set(name, at);
      } else if (/^(Resumed|Stopped|Suspended Paused$)/.test(word))
        return since.delete(name) && word.startsWith('Suspended');
      return false;
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
