import { mapOf, textOf } from '../base/json.ts';
import type { PortState, QosPolicy } from '../facts/qos.ts';
import type { HostAgent } from './agents.ts';
import type { Cloud } from './cloud.ts';
import { pagesOf } from './pages.ts';
import { hiddenPolicy } from './qos.ts';

/** A port as it was read, with the number by which Neutron knows whether it has changed since. */
export interface ReadPort {
  readonly id: string;
  readonly server: string;
  readonly mac: string;
  /** Where it is bound; '' where this login is not told. */
  readonly host: string;
  readonly policy: string | null;
  readonly ofNetwork: string | null;
  readonly revision: number;
}

const FIELDS = [
  ...['id', 'device_id', 'mac_address', 'binding:host_id', 'qos_policy_id', 'qos_network_policy_id'],
  'revision_number',
];

/** So many IDs make an address of some 2 kB: servers of HTTP turn down those of 8. */
const AT_ONCE = 50;

/** These ports, by ID; one that is not there, or not to be seen, is missing. @throws CloudError */
export async function readPortsById(
  cloud: Cloud,
  ids: readonly string[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ReadPort>> {
  const ports = new Map<string, ReadPort>();
  const read = async (some: readonly string[]) => {
    const query = { id: some, fields: FIELDS };
    const request = { service: 'network', path: '/ports', query, signal } as const;
    for await (const page of pagesOf(cloud, request, 'ports'))
      for (const raw of page) {
        const port = toReadPort(raw);
        ports.set(port.id, port);
      }
  };
  const chunks = Array.from({ length: Math.ceil(ids.length / AT_ONCE) }, (_, index) =>
    ids.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  await Promise.all(chunks.map(read));
  return ports;
}

export function toReadPort(raw: unknown): ReadPort {
  const port = mapOf(raw);
  return {
    id: textOf(port.id),
    server: textOf(port.device_id).toLowerCase(),
    mac: textOf(port.mac_address).toLowerCase(),
    host: textOf(port['binding:host_id']),
    policy: textOf(port.qos_policy_id) || null,
    ofNetwork: textOf(port.qos_network_policy_id) || null,
    revision: Number(port.revision_number),
  };
}

/** A port with the words of its policies, and whether somebody would keep them. */
export function portState(
  port: ReadPort,
  policies: ReadonlyMap<string, QosPolicy>,
  agents: ReadonlyMap<string, HostAgent> | null,
  known: readonly string[],
): PortState {
  const policyOf = (id: string | null) => (id === null ? null : (policies.get(id) ?? hiddenPolicy(id)));
  const agent = agents?.get(port.host);
  const idle =
    agent?.limits === false
      ? `${agent.program} on ${port.host} runs without the extension qos, so that a policy would limit nothing: add it to "extensions" in the section [agent] of its configuration, or limit with enforce_with: libvirt`
      : undefined;
  const network = policyOf(port.ofNetwork);
  return {
    id: port.id,
    server: port.server,
    mac: port.mac,
    policy: policyOf(port.policy),
    // One of virtune's name on a network is whoever put it there's.
    ofNetwork: network === null ? null : { ...network, own: false },
    ...(idle === undefined ? {} : { idle }),
    ...(agents === null || (agent === undefined && port.host !== '') ? { unseenAgent: true as const } : {}),
    known,
  };
}
