import { groupBy } from '../base/group.ts';
import { listOf, mapOf, textOf } from '../base/json.ts';
import type { Cloud } from './cloud.ts';
import { pagesOf } from './pages.ts';

/** An agent of Neutron that limits ports on its host, or could. */
export interface HostAgent {
  readonly host: string;
  readonly program: string;
  /** It runs with the extension `qos`. */
  readonly hasQos: boolean;
  /** It follows policies. */
  readonly limits: boolean;
  readonly isAlive: boolean;
  /** Of its last sign of life: `2026-11-26 17:33:56`. */
  readonly heardAt: string;
}

/** Those that limit ports, by the programs' names; OVN's needs no extension. */
const PROGRAMS: ReadonlyMap<string, boolean> = new Map([
  ['neutron-linuxbridge-agent', false],
  ['neutron-openvswitch-agent', false],
  ['neutron-sriov-nic-agent', false],
  ['neutron-macvtap-agent', false],
  ['ovn-controller', true],
]);

/**
 * The one of each host, by its name; null where this login is told of no agent at all: Neutron gives all but admins an
 * empty list. @throws CloudError
 */
export async function readHostAgents(
  cloud: Cloud,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, HostAgent> | null> {
  const query = { fields: ['binary', 'host', 'alive', 'heartbeat_timestamp', 'configurations'] };
  const request = { service: 'network', path: '/agents', query, signal, accept: [403, 404] } as const;
  const all: unknown[] = [];
  for await (const page of pagesOf(cloud, request, 'agents')) all.push(...page);
  return all.length === 0 ? null : agentsByHost(all.flatMap(toAgent));
}

function toAgent(raw: unknown): readonly HostAgent[] {
  const { binary, host, alive, heartbeat_timestamp, configurations } = mapOf(raw);
  const program = textOf(binary);
  const always = PROGRAMS.get(program);
  if (always === undefined) return [];
  const hasQos = listOf(mapOf(configurations).extensions).includes('qos');
  const heardAt = textOf(heartbeat_timestamp);
  return [
    { host: textOf(host), program, hasQos, limits: always || hasQos, isAlive: alive === true, heardAt },
  ];
}

/**
 * A host may have two, of which one limits its ports. Neutron goes on telling of one that a host has no more, until
 * somebody removes it: beside one that is alive it does not count. Where none is, the one that was heard of last does: a
 * busy host is late with its signs of life, and an agent that is being restarted is back in a moment.
 */
export function agentsByHost(agents: readonly HostAgent[]): ReadonlyMap<string, HostAgent> {
  return new Map(
    [...groupBy(agents, ({ host }) => host)].map(([host, all]): [string, HostAgent] => {
      const alive = all.filter(({ isAlive }) => isAlive);
      const last = all.reduce((a, b) => (b.heardAt > a.heardAt ? b : a));
      return [host, alive.find(({ limits }) => limits) ?? alive[0] ?? last];
    }),
  );
}
