import { attribute, child, children, type Element, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/** One disk as one of libvirt's two states describes it. */
export interface Disk {
  /** `vda`: libvirt's own address of it, the same in both states. */
  readonly target: string;
  /** `disk`, `cdrom`, `floppy` or `lun`. */
  readonly device: string;
  /** `file`, `block`, `network`, `vhostuser`, … */
  readonly type: string;
  /** `virtio`, `scsi`, `sata`, … */
  readonly bus: string;
  /** `<iotune>`'s numbers by libvirt's names; what is absent or 0 is not among them. */
  readonly iotune: Readonly<Record<string, number>>;
  /** Disks with the same name share their limits; '' for one by itself. */
  readonly group: string;
  /** Names of the throttle groups that hold it instead of `<iotune>` (libvirt 11.2). */
  readonly filters: readonly string[];
}

/**
 * All that `disk/@type`, `disk/@device` and `target/@bus` may be (libvirt 12: virStorageType, virDomainDiskDevice,
 * virDomainDiskBus).
 */
export const DISK_KINDS = {
  type: ['file', 'block', 'dir', 'network', 'volume', 'nvme', 'vhostuser', 'vhostvdpa'],
  device: ['disk', 'lun', 'cdrom', 'floppy'],
  bus: ['virtio', 'scsi', 'sata', 'ide', 'usb', 'nvme', 'fdc', 'sd', 'xen', 'uml'],
} as const;

/** Disks in the order of the description. */
export const disksFact: DomainFact<readonly Disk[]> = {
  of: 'domain',
  name: 'disks',
  keep: [
    'domain/devices/disk/target',
    'domain/devices/disk/iotune/',
    'domain/devices/disk/throttlefilters/throttlefilter',
  ],
  parse: (domain) => children(child(domain, 'devices'), 'disk').map(parseDisk),
};

function parseDisk(disk: Element): Disk {
  const tune = child(disk, 'iotune');
  const numbers = NAMES.flatMap((name): [string, number][] => {
    const shown = text(child(tune, name)).trim();
    return /^\d+$/.test(shown) && Number(shown) > 0 ? [[name, Number(shown)]] : [];
  });
  return {
    target: attribute(child(disk, 'target'), 'dev'),
    device: attribute(disk, 'device') || 'disk',
    type: attribute(disk, 'type'),
    bus: attribute(child(disk, 'target'), 'bus'),
    iotune: Object.fromEntries(numbers),
    group: text(child(tune, 'group_name')).trim(),
    filters: children(child(disk, 'throttlefilters'), 'throttlefilter').map((filter) =>
      attribute(filter, 'group'),
    ),
  };
}

const NAMES = [
  ...['bytes', 'iops'].flatMap((kind) =>
    ['total', 'read', 'write'].flatMap((way) =>
      ['', '_max', '_max_length'].map((end) => `${way}_${kind}_sec${end}`),
    ),
  ),
  'size_iops_sec',
];
