import { listOf, mapOf, textOf } from '../base/json.ts';
import type { CloudName, CloudPort, CloudQos } from '../model/cloud.ts';
import type { Cloud } from './cloud.ts';
import { pagesOf } from './pages.ts';

const FIELDS = [
  ...['id', 'name', 'device_id', 'device_owner', 'mac_address', 'network_id', 'fixed_ips'],
  ...['qos_policy_id', 'qos_network_policy_id'],
];

/** Kinds of rules of a QoS policy that limit, or promise, what passes: what virtune would set beside them. */
const LIMITING: ReadonlySet<string> = new Set([
  'bandwidth_limit',
  'minimum_bandwidth',
  'packet_rate_limit',
  'minimum_packet_rate',
]);

/** The ports of all servers, by the server's ID. @throws CloudError */
export async function readPorts(
  cloud: Cloud,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, readonly CloudPort[]>> {
  const network = { service: 'network', signal } as const;
  const [networks, policies] = await Promise.all([readNetworks(cloud, signal), readPolicies(cloud, signal)]);
  const byServer = new Map<string, CloudPort[]>();
  const query = { limit: '1000', fields: FIELDS };
  for await (const page of pagesOf(cloud, { ...network, path: '/ports', query }, 'ports'))
    for (const raw of page) {
      const port = mapOf(raw);
      // The owner is "compute:" and the zone, so that Neutron cannot be asked for these alone.
      if (!textOf(port.device_owner).startsWith('compute:')) continue;
      const server = textOf(port.device_id);
      const there = byServer.get(server);
      const read = toPort(port, networks, policies);
      if (there === undefined) byServer.set(server, [read]);
      else there.push(read);
    }
  return byServer;
}

type Json = Readonly<Record<string, unknown>>;

function toPort(port: Json, networks: ReadonlyMap<string, string>, policies: Policies): CloudPort {
  const network = textOf(port.network_id);
  const qos = qosOf(port, policies);
  return {
    id: textOf(port.id),
    name: textOf(port.name),
    mac: textOf(port.mac_address).toLowerCase(),
    network: { id: network, name: networks.get(network) ?? '' },
    fixed_ips: listOf(port.fixed_ips).map((one) => textOf(mapOf(one).ip_address)),
    ...(qos === null ? {} : { qos }),
  };
}

/** The port's own policy goes before its network's. */
function qosOf(port: Json, policies: Policies): CloudQos | null {
  const own = textOf(port.qos_policy_id);
  const id = own === '' ? textOf(port.qos_network_policy_id) : own;
  if (id === '') return null;
  const found = policies.get(id);
  // One that this user may not see may well limit.
  if (found !== undefined && !found.limits) return null;
  return { policy: found?.policy ?? { id, name: '' }, of: own === '' ? 'network' : 'port' };
}

async function readNetworks(
  cloud: Cloud,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  const query = { limit: '1000', fields: ['id', 'name'] };
  for await (const page of pagesOf(
    cloud,
    { service: 'network', path: '/networks', query, signal },
    'networks',
  ))
    for (const one of page) names.set(textOf(mapOf(one).id), textOf(mapOf(one).name));
  return names;
}

type Policies = ReadonlyMap<string, { readonly policy: CloudName; readonly limits: boolean }>;

/** None where Neutron has no QoS at all. */
async function readPolicies(cloud: Cloud, signal: AbortSignal | undefined): Promise<Policies> {
  const policies = new Map<string, { policy: CloudName; limits: boolean }>();
  const request = { service: 'network', path: '/qos/policies', accept: [404], signal } as const;
  for await (const page of pagesOf(cloud, request, 'policies'))
    for (const one of page) {
      const { id, name, rules } = mapOf(one);
      const limits = listOf(rules).some((rule) => LIMITING.has(textOf(mapOf(rule).type)));
      policies.set(textOf(id), { policy: { id: textOf(id), name: textOf(name) }, limits });
    }
  return policies;
}
