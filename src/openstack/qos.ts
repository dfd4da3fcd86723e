import { listOf, mapOf, textOf } from '../base/json.ts';
import { limitsOfName, OWN_TAG, type QosLimits, type QosPolicy, type QosRate } from '../facts/qos.ts';
import type { Cloud } from './cloud.ts';
import { pagesOf } from './pages.ts';

/** All QoS policies that this login may see, by ID. @throws CloudError */
export async function readQosPolicies(
  cloud: Cloud,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, QosPolicy>> {
  const policies = new Map<string, QosPolicy>();
  const request = { service: 'network', path: '/qos/policies', query: { limit: '1000' }, signal } as const;
  for await (const page of pagesOf(cloud, request, 'policies'))
    for (const one of page) {
      const policy = toPolicy(one);
      policies.set(policy.id, policy);
    }
  return policies;
}

/** One that this login may not see, but knows of. */
export function hiddenPolicy(id: string): QosPolicy {
  return { id, name: '', own: false, limits: null, others: [] };
}

function toPolicy(raw: unknown): QosPolicy {
  const { id, name, tags, rules } = mapOf(raw);
  const all = listOf(rules).map(mapOf);
  const limits = all.filter(({ type }) => type === 'bandwidth_limit');
  const of = (direction: string): QosRate | null => {
    const rule = limits.find((one) => (textOf(one.direction) || 'egress') === direction);
    if (rule === undefined) return null;
    const [rate, burst] = [Number(rule.max_kbps), Number(rule.max_burst_kbps ?? 0)];
    return { rate, burst: burst === 0 ? null : burst };
  };
  return {
    id: textOf(id),
    name: textOf(name),
    own: limitsOfName(textOf(name)) !== null && listOf(tags).includes(OWN_TAG),
    limits: { inbound: of('ingress'), outbound: of('egress') },
    others: [...new Set(all.map(({ type }) => textOf(type)))].filter((type) => type !== 'bandwidth_limit'),
  };
}

/**
 * Makes a policy of virtune's be there, with the rules that its name says. In the project of this login and shared with
 * nobody: so owners of ports can neither see it nor take it away (Neutron lets only those who may use a policy remove it).
 * Two that make it at the same time make two of one name, of which either limits alike.
 * @returns its ID @throws CloudError
 */
export async function ensurePolicy(
  cloud: Cloud,
  name: string,
  there: QosPolicy | null,
  signal?: AbortSignal,
): Promise<string> {
  const limits = limitsOfName(name);
  if (limits === null) throw new TypeError(`"${name}" is no name of a policy of virtune's`);
  const id = there?.id ?? (await createPolicy(cloud, name, signal));
  await setRules(cloud, id, limits, signal);
  return id;
}

async function createPolicy(cloud: Cloud, name: string, signal: AbortSignal | undefined): Promise<string> {
  const policy = { name, shared: false, description: 'Made by virtune: a limit of servers’ ports' };
  const path = '/qos/policies';
  const { body } = await cloud.call({ service: 'network', method: 'POST', path, body: { policy }, signal });
  const id = textOf(mapOf(mapOf(body).policy).id);
  const tag = { method: 'PUT', path: `/policies/${id}/tags/${OWN_TAG}`, repeatable: true } as const;
  await cloud.call({ service: 'network', ...tag, signal });
  return id;
}

const WAYS = [
  ['inbound', 'ingress'],
  ['outbound', 'egress'],
] as const;

async function setRules(
  cloud: Cloud,
  id: string,
  limits: QosLimits,
  signal: AbortSignal | undefined,
): Promise<void> {
  const path = `/qos/policies/${id}/bandwidth_limit_rules`;
  const { body } = await cloud.call({ service: 'network', path, signal });
  const rules = listOf(mapOf(body).bandwidth_limit_rules).map(mapOf);
  for (const [side, direction] of WAYS) {
    const limit = limits[side];
    const there = rules.find((one) => (textOf(one.direction) || 'egress') === direction);
    const wanted = { max_kbps: limit?.rate, max_burst_kbps: limit?.burst ?? 0, direction };
    const send = (method: 'POST' | 'PUT' | 'DELETE', where: string, rule?: object) =>
      cloud.call({
        ...{ service: 'network', method, path: where, signal },
        ...(rule === undefined ? {} : { body: { bandwidth_limit_rule: rule } }),
        // Another run may have made or removed the same one at this moment: what is there then is read back.
        accept: method === 'POST' ? [409] : [404],
      });
    if (limit === null && there !== undefined) await send('DELETE', `${path}/${textOf(there.id)}`);
    if (limit !== null && there === undefined) await send('POST', path, wanted);
    const same =
      there?.max_kbps === limit?.rate && Number(there?.max_burst_kbps ?? 0) === (limit?.burst ?? 0);
    if (limit !== null && there !== undefined && !same)
      await send('PUT', `${path}/${textOf(there.id)}`, wanted);
  }
}
