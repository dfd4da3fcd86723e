import { join } from 'node:path';
import { DROPBEAR as dropbearServer } from './connection/servers.ts';
import { DROPBEAR_PORT, startDropbearOn } from './dropbear.ts';
import { stageInside } from './inside.ts';
import { LAB, type Played, play, type Written, write } from './lab.ts';

/** A route from virtune to the hosts of the lab: what differs from one transport or server to another. */
export interface Route {
  readonly name: string;
  /** The hosts that can be reached so. */
  readonly hosts: readonly string[];
  /** Variables of these hosts. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** The host that virtune runs on. */
  readonly inside?: string;
  /** What must be there first. */
  readonly prepare: () => Promise<void> | void;
}

const ALL = ['hv01', 'hv02', 'hv03'];
const dropbear = { ansible_port: DROPBEAR_PORT };

/** The three transports to OpenSSH's server, or with none at all. */
export const TRANSPORTS: readonly Route[] = [
  { name: 'ssh', hosts: ALL, vars: {}, prepare: () => {} },
  { name: 'openssh', hosts: ALL, vars: { ansible_connection: 'openssh' }, prepare: () => {} },
  {
    name: 'local',
    hosts: ['hv01'],
    vars: { ansible_connection: 'local' },
    inside: 'hv01',
    prepare: () => stageInside(join(LAB, 'hosts/hv01')),
  },
];

/** The remote transports to another server. */
const DROPBEAR: readonly Route[] = [
  { name: 'ssh to dropbear', hosts: ['hv01'], vars: dropbear, prepare: () => startDropbearOn('hv01') },
  {
    name: 'openssh to dropbear',
    hosts: ['hv01'],
    vars: { ...dropbear, ansible_connection: 'openssh' },
    prepare: () => startDropbearOn('hv01'),
  },
];

/** All of them. Without dropbear its routes are left out; in CI that is a failure. */
export const ROUTES: readonly Route[] = [
  ...TRANSPORTS,
  ...(process.env.CI || dropbearServer.missing() === null ? DROPBEAR : []),
];

/** {@link write} for hosts that are reached in this route. */
export function writeFor(
  route: Route,
  rules: object,
  options: { hosts?: string; play?: object } = {},
): Written {
  return write(rules, {
    hosts: route.hosts.join(','),
    ...options,
    ...(route.inside === undefined ? {} : { inside: route.inside, lab: '' }),
    inventory: { all: { hosts: Object.fromEntries(route.hosts.map((host) => [host, route.vars])) } },
  });
}

/** Runs these rules on the hosts of a route. */
export const playFor = (route: Route, rules: readonly object[], ...args: string[]): Promise<Played> =>
  play(writeFor(route, { rules }), ...args);
