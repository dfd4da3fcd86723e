import { listOf, mapOf, textOf } from '../base/json.ts';
import type { Cloud } from './cloud.ts';

/**
 * The programs of Neutron's L2 agents that run with the extension `qos`, by the host's name. Only an admin sees agents:
 * to others Neutron gives an empty list. @throws CloudError
 */
export async function readQosAgents(
  cloud: Cloud,
  signal: AbortSignal | undefined,
): Promise<ReadonlyMap<string, string>> {
  const query = { fields: ['binary', 'host', 'alive', 'configurations'] };
  const request = { service: 'network', path: '/agents', query, accept: [403, 404], signal } as const;
  const { body } = await cloud.call(request);
  const agents = listOf(mapOf(body).agents).flatMap((one): [string, string][] => {
    const { binary, host, alive, configurations } = mapOf(one);
    const hasQos = listOf(mapOf(configurations).extensions).includes('qos');
    return alive === true && hasQos ? [[textOf(host), textOf(binary)]] : [];
  });
  return new Map(agents);
}
