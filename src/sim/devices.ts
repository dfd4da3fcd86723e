import type { SimBlockDevice, SimHost } from './model.ts';

/** What READ_PROGRAM tells of a host's block devices, cgroup v2 below. */
export function describeDevices(host: SimHost, marker: string, paths: readonly string[]): string {
  const controllers = CONTROLLERS.filter(([name]) => host.knobs.cgroups.includes(name)).map(([, of]) => of);
  const io = host.knobs.session ? 'session' : ['cpuset', ...controllers, 'pids'].join(' ');
  const sections = paths.map((path) => `${marker}:b:${path}\n${describe(host, path)}`);
  return `${marker}:io\n${io}\n${sections.join('')}`;
}

const CONTROLLERS = [
  ['cpu', 'cpu'],
  ['blkio', 'io'],
  ['memory', 'memory'],
] as const;

function describe(host: SimHost, path: string): string {
  const device = deviceAt(host, path);
  if (device === undefined) return OTHER_PATHS.has(path) ? '1:3 character special file\n' : '';
  const number = host.knobs.blockDevices.indexOf(device).toString(16);
  const lines = [
    `fe:${number} block special file`,
    device.part ? 'partition' : 'whole',
    path,
    ...device.names,
  ];
  return `${lines.join('\n')}\n\n`;
}

export function deviceAt({ knobs }: SimHost, path: string): SimBlockDevice | undefined {
  return knobs.blockDevices.find(({ names }) => names.includes(path));
}

/** What every host has, and what is no block device. */
export const OTHER_PATHS: ReadonlySet<string> = new Set(['/dev/null', '/dev/zero', '/etc/passwd']);
