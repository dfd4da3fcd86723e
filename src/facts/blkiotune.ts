import { child, children, type Element, text } from '../libvirt/xml.ts';
import type { DomainFact } from './fact.ts';

/** libvirt's names of what cgroups can limit of a block device; bytes and operations a second. */
export const THROTTLES = ['read_bytes_sec', 'write_bytes_sec', 'read_iops_sec', 'write_iops_sec'] as const;
export type Throttle = (typeof THROTTLES)[number];

/** What one description limits of a block device of the host. */
export interface BlockThrottles {
  /** As it was given to libvirt: one device may have several names. */
  readonly path: string;
  /** null is unlimited. */
  readonly limits: Readonly<Record<Throttle, number | null>>;
}

/** `<blkiotune>`, weights apart. */
export const blkioTuneFact: DomainFact<readonly BlockThrottles[]> = {
  of: 'domain',
  name: 'blkiotune',
  keep: ['path', ...THROTTLES].map((name) => `domain/blkiotune/device/${name}`),
  parse: (domain) => children(child(domain, 'blkiotune'), 'device').map(parseDevice),
};

function parseDevice(device: Element): BlockThrottles {
  const limits = THROTTLES.map((name) => {
    const shown = text(child(device, name)).trim();
    return [name, /^\d+$/.test(shown) && Number(shown) > 0 ? Number(shown) : null];
  });
  return { path: text(child(device, 'path')), limits: Object.fromEntries(limits) };
}
