import type { Measure } from '../../measure.ts';

/**
 * What a NIC may do by Neutron, in libvirt's units, beside what it may by libvirt: where both limit it, the lower number
 * holds. Peak and floor are libvirt's alone.
 */
export function portMeasured(name: string, ofLibvirt: Measure['of']): Measure['of'] {
  if (!/\.(?:average|burst)$/.test(name)) return ofLibvirt;
  const toLibvirt = name.endsWith('.average') ? (kilobits: number) => kilobits / 8 : kibibytes;
  return (values) => {
    const own = ofLibvirt(values);
    const port = values[`port_${name}`];
    if (port === undefined) return own;
    if (typeof port !== 'number') return name.endsWith('.average') ? (own ?? null) : own;
    const limit = toLibvirt(port);
    return typeof own === 'number' ? Math.min(own, limit) : limit;
  };
}

const kibibytes = (kilobits: number): number => (kilobits * 125) / 1024;
