import { DEVICE_PATH, type HostDevice, UNKNOWN_DEVICE } from '../libvirt/devices.ts';
import type { HostFacts } from '../model/facts.ts';
import type { DeviceFact } from './fact.ts';

const PREFIX = 'device ';

/** What the host has at a path. @throws TypeError for a path that no host can be asked about: a bug */
export function deviceFact(path: string): DeviceFact {
  if (!DEVICE_PATH.test(path)) throw new TypeError(`no host can be asked about ${path}`);
  return { of: 'device', name: `${PREFIX}${path}`, path };
}

/** The same of a host that was read; unknown where nobody has asked. */
export function deviceOf(facts: HostFacts, path: string): HostDevice {
  return (facts.parts[`${PREFIX}${path}`] as HostDevice | undefined) ?? UNKNOWN_DEVICE;
}

/** By path, the number of what a host that was read has there; without those that it was not asked about. */
export function deviceSums(facts: HostFacts): ReadonlyMap<string, string> {
  const sums = askedPaths(facts).map((path) => [path, deviceOf(facts, path).sum] as const);
  return new Map(sums.filter(([, sum]) => sum !== ''));
}

/** The paths that a host was asked about, in the order in which they were asked for. */
export function askedPaths(facts: HostFacts): readonly string[] {
  return Object.keys(facts.parts).flatMap((name) =>
    name.startsWith(PREFIX) ? [name.slice(PREFIX.length)] : [],
  );
}
