import { DEVICE_PATH, type HostDevice, UNKNOWN_DEVICE } from '../libvirt/devices.ts';
import type { HostFacts } from '../model/facts.ts';
import type { DeviceFact } from './fact.ts';

/** What the host has at a path. @throws TypeError for a path that no host can be asked about: a bug */
export function deviceFact(path: string): DeviceFact {
  if (!DEVICE_PATH.test(path)) throw new TypeError(`no host can be asked about ${path}`);
  return { of: 'device', name: `device ${path}`, path };
}

/** The same of a host that was read; unknown where nobody has asked. */
export function deviceOf(facts: HostFacts, path: string): HostDevice {
  return (facts.parts[`device ${path}`] as HostDevice | undefined) ?? UNKNOWN_DEVICE;
}
