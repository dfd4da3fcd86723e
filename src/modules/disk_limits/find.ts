import { type Disk, disksFact } from '../../facts/disks.ts';
import { factOf } from '../../facts/fact.ts';
import { iotuneOf } from '../../facts/iotunes.ts';
import type { Values } from '../../model/change.ts';
import type { HostFacts } from '../../model/facts.ts';
import { diskInForce } from './in_force.ts';
import type { FoundDisk } from './rule.ts';
import { GROUP, wholeKind } from './settings.ts';

/** Every disk of every VM of a host. */
export function findDisks(facts: HostFacts): readonly FoundDisk[] {
  return facts.domains.flatMap((domain) => {
    const { live, config } = factOf(domain, disksFact);
    const targets = new Set([...(live ?? []), ...(config ?? [])].map(({ target }) => target));
    return [...targets].flatMap((target): FoundDisk[] => {
      const [a, b] = [live, config].map((disks) => disks?.find((disk) => disk.target === target));
      const disk = a ?? b;
      if (disk === undefined || target === '') return [];
      const { device, type, bus } = disk;
      const group = a?.group || b?.group || '';
      const filters = [...new Set([...(a?.filters ?? []), ...(b?.filters ?? [])])];
      const running = valuesOf(a);
      const held = iotuneOf(facts, domain, target);
      return [
        {
          domain,
          target,
          device,
          type,
          bus,
          filters,
          subject: {
            kind: 'disk',
            key: target,
            label: `disk ${target}`,
            target,
            device,
            group,
            filters: filters.join(', '),
          },
          live: running,
          config: valuesOf(b),
          ...(running === null || held === undefined ? {} : { kernel: diskInForce(running, held) }),
        },
      ];
    });
  });
}

function valuesOf(disk: Disk | undefined): Values | null {
  if (disk === undefined) return null;
  const { iotune, group } = disk;
  return Object.assign({ [GROUP]: group || null }, wholeKind('bytes', iotune), wholeKind('iops', iotune));
}
