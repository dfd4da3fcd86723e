import type { Section } from './sections.ts';
import { textSum } from './sum_script.ts';

/** What a host says of one of its paths. */
export interface HostDevice {
  /**
   * `disk`: a whole block device, the only kind that the kernel's cgroups limit. `stale`: a node of a device that is no
   * more. `unknown`: the host was not asked, or libvirt is another host's.
   */
  readonly kind: 'disk' | 'partition' | 'stale' | 'other' | 'absent' | 'unknown';
  /** As cgroups name a disk, `254:0`; '' where it is none. */
  readonly number: string;
  /** All names of the device below /dev, the path among them; empty where it is none. */
  readonly names: readonly string[];
  /** Whether the host's kernel can limit what cgroups read and write; unknown on cgroup v1. `session` is libvirt's mode. */
  readonly ioController: 'yes' | 'no' | 'session' | 'unknown';
  /** What is made of all that the host says of it (sum_script.ts); '' where it was not asked. */
  readonly sum: string;
}

export const UNKNOWN_DEVICE: HostDevice = {
  kind: 'unknown',
  number: '',
  names: [],
  ioController: 'unknown',
  sum: '',
};

/** Paths that READ_PROGRAM can be asked about: below /dev, without a component that begins with a dot. */
export const DEVICE_PATH = /^\/dev(?:\/[A-Za-z0-9_][A-Za-z0-9._:+@=-]*)+$/;

/** The same as an extended regular expression, for commands of modules. */
export const DEVICE_PATH_ERE = '/dev(/[A-Za-z0-9_][A-Za-z0-9._:+@=-]*)+';

/** What the sections `b:PATH` of an answer say, and `io`, the controllers of cgroup v2. */
export function parseDevices(sections: readonly Section[]): ReadonlyMap<string, HostDevice> {
  const ioController = controllerOf(sections.find(({ name }) => name === 'io')?.body.trim() ?? '');
  const devices = new Map<string, HostDevice>();
  for (const { name, body } of sections) {
    if (!name.startsWith('b:')) continue;
    const path = name.slice(2);
    const [what = '', extent = '', ...names] = body.split('\n').filter((line) => line !== '');
    const kind = kindOf(what, extent);
    const isDisk = kind === 'disk';
    devices.set(path, {
      kind,
      number: isDisk ? numberOf(what) : '',
      names: isDisk ? [...new Set([path, ...names])] : [],
      ioController,
      sum: textSum([body]),
    });
  }
  return devices;
}

const EXTENTS: Readonly<Record<string, HostDevice['kind']>> = {
  whole: 'disk',
  partition: 'partition',
  nothing: 'stale',
};

/** stat prints both numbers in hexadecimal: `fe:0 block special file`. */
function numberOf(what: string): string {
  const [, major = '', minor = ''] = /^([0-9a-f]+):([0-9a-f]+) /.exec(what) ?? [];
  return `${Number.parseInt(major, 16)}:${Number.parseInt(minor, 16)}`;
}

function kindOf(what: string, extent: string): HostDevice['kind'] {
  if (what === '') return 'absent';
  return what.endsWith(' block special file') ? (EXTENTS[extent] ?? 'unknown') : 'other';
}

/** @param said all controllers of cgroup v2 */
function controllerOf(said: string): HostDevice['ioController'] {
  if (said === 'session') return 'session';
  if (said === '') return 'unknown';
  return said.split(/\s+/).includes('io') ? 'yes' : 'no';
}
