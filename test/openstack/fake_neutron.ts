import type { FakeReply, FakeRequest } from './fake_cloud.ts';

/** Neutron's ports and QoS policies, which requests change as a real one's (release Zed) are. */
export interface FakeNeutron {
  readonly ports: Map<string, FakePort>;
  readonly policies: Map<string, FakePolicy>;
  /** Requests that change something: `PUT /ports/ID`. */
  readonly writes: string[];
  /** Answers of a cloud: null for what is not of these. */
  readonly answer: (request: FakeRequest) => FakeReply | null;
}

export interface FakePort {
  id: string;
  device_id: string;
  mac_address: string;
  'binding:host_id': string;
  qos_policy_id: string | null;
  qos_network_policy_id: string | null;
  revision_number: number;
}

export interface FakePolicy {
  id: string;
  name: string;
  shared: boolean;
  tags: string[];
  rules: Record<string, unknown>[];
}

export function fakeNeutron(
  ports: readonly Partial<FakePort>[],
  policies: readonly Partial<FakePolicy>[] = [],
): FakeNeutron {
  let made = 0;
  const state: FakeNeutron = {
    ports: new Map(ports.map((port) => [String(port.id), { ...PORT, ...port }])),
    policies: new Map(policies.map((one) => [String(one.id), { ...POLICY, ...one }])),
    writes: [],
    answer: (request) => {
      const found = /\/v2\.0(\/.*)$/.exec(request.path)?.[1];
      if (found === undefined) return null;
      const parts = found.split('/').slice(1);
      if (request.method !== 'GET') state.writes.push(`${request.method} ${found}`);
      if (parts[0] === 'ports') return onPorts(request, parts[1]);
      if (parts[0] === 'policies' && parts[2] === 'tags') {
        state.policies.get(parts[1] ?? '')?.tags.push(parts[3] ?? '');
        return { status: 201, body: {} };
      }
      return parts[0] === 'qos' ? onPolicies(request, parts.slice(2)) : null;
    },
  };

  const onPorts = (
    { method, query, headers, body }: FakeRequest,
    id: string | undefined,
  ): FakeReply | null => {
    if (method === 'GET' && id === undefined) {
      const ids = query.getAll('id');
      if (ids.length === 0) return null;
      return { status: 200, body: { ports: ids.flatMap((one) => state.ports.get(one) ?? []) } };
    }
    const port = state.ports.get(id ?? '');
    if (port === undefined) return neutron(404, 'PortNotFound', `Port ${id} could not be found.`);
    const { port: wanted } = JSON.parse(body) as { port: { qos_policy_id: string | null } };
    if (headers['if-match'] !== `revision_number=${port.revision_number}`)
      return neutron(
        412,
        'RevisionNumberConstraintFailed',
        `Constrained to ${headers['if-match']}, but current revision is ${port.revision_number}`,
      );
    const policy = wanted.qos_policy_id;
    if (policy !== null && !state.policies.has(policy))
      return neutron(404, 'QosPolicyNotFound', `QoS policy ${policy} could not be found.`);
    port.qos_policy_id = policy;
    port.revision_number++;
    return { status: 200, body: { port } };
  };

  const onPolicies = ({ method, body }: FakeRequest, [id, , rule]: readonly string[]): FakeReply => {
    if (id === undefined) {
      if (method === 'GET') return { status: 200, body: { policies: [...state.policies.values()] } };
      const { policy } = JSON.parse(body) as { policy: Partial<FakePolicy> };
      const created = { ...POLICY, tags: [], rules: [], ...policy, id: `policy-${++made}` };
      state.policies.set(created.id, created);
      return { status: 201, body: { policy: created } };
    }
    const policy = state.policies.get(id);
    if (policy === undefined)
      return neutron(404, 'QosPolicyNotFound', `QoS policy ${id} could not be found.`);
    if (method === 'DELETE' && rule === undefined) {
      if ([...state.ports.values()].some((port) => port.qos_policy_id === id))
        return neutron(409, 'QosPolicyInUse', `QoS Policy ${id} is used by port.`);
      state.policies.delete(id);
      return { status: 204 };
    }
    if (method === 'GET') return { status: 200, body: { bandwidth_limit_rules: policy.rules } };
    if (method === 'DELETE') policy.rules = policy.rules.filter((one) => one.id !== rule);
    const { bandwidth_limit_rule: asked = {} } = (body === '' ? {} : JSON.parse(body)) as {
      bandwidth_limit_rule?: Record<string, unknown>;
    };
    if (method === 'POST') policy.rules.push({ id: `rule-${++made}`, type: 'bandwidth_limit', ...asked });
    if (method === 'PUT') Object.assign(policy.rules.find((one) => one.id === rule) ?? {}, asked);
    return { status: method === 'DELETE' ? 204 : 200, body: {} };
  };
  return state;
}

export function neutron(status: number, type: string, message: string): FakeReply {
  return { status, body: { NeutronError: { type, message, detail: '' } } };
}

const PORT: FakePort = {
  ...{ id: '', device_id: '', mac_address: '', 'binding:host_id': 'cmp-001' },
  ...{ qos_policy_id: null, qos_network_policy_id: null, revision_number: 3 },
};

const POLICY: FakePolicy = { id: '', name: '', shared: false, tags: [], rules: [] };
