import { afterEach, describe, expect, it } from 'vitest';
import type { PortState } from '../../../src/facts/qos.ts';
import type { CloudConfig } from '../../../src/openstack/config.ts';
import { openstackEnforcer } from '../../../src/openstack/enforcer.ts';
import {
  type FakeCloud,
  type FakeReply,
  type FakeRequest,
  PASSWORD,
  startFakeCloud,
} from '../../openstack/fake_cloud.ts';
import { type FakeNeutron, fakeNeutron, neutron } from '../../openstack/fake_neutron.ts';

/** Limits by Neutron's policies, against a Neutron that answers as one of release Zed does. */

const clouds: FakeCloud[] = [];
afterEach(async () => {
  for (const cloud of clouds.splice(0)) await cloud.close();
});

const SERVER = '4635a2f1-0000-4000-8000-000000000001';
const port = (id: string, more: object = {}) => ({
  ...{ id, device_id: SERVER, mac_address: `fa:16:3e:00:00:0${id.at(-1)}` },
  ...more,
});
const QOS = [
  {
    binary: 'neutron-linuxbridge-agent',
    host: 'cmp-001',
    alive: true,
    configurations: { extensions: ['qos'] },
  },
];
const TO = ['--os-cloud', 'east', '--os-region-name', 'RegionOne', 'port'];
const put = (policy: string, id: string) => [[...TO, 'set', '--qos-policy', policy, id]];
const unset = (id: string) => [[...TO, 'unset', '--qos-policy', id]];
const ask = (id: string) => ({ cloud: 'east', region: 'RegionOne', port: id });

async function begin(state: FakeNeutron, agents: readonly object[] = QOS) {
  const cloud = await startFakeCloud({ fleet: { agents } });
  clouds.push(cloud);
  const wrong: { answer: ((request: FakeRequest) => FakeReply | null) | null } = { answer: null };
  cloud.answer = (request) => wrong.answer?.(request) ?? state.answer(request);
  const config: CloudConfig = {
    ...{ name: 'east', authUrl: cloud.authUrl, regions: [], interface: 'public', endpoints: {} },
    login: {
      kind: 'password',
      user: { name: 'admin', domain: { name: 'Default' } },
      password: PASSWORD,
      project: { name: 'admin', domain: { name: 'Default' } },
    },
    tls: { verify: true },
  };
  const enforcer = openstackEnforcer(async (name) =>
    name === 'east' ? config : { problem: `no cloud "${name}"` },
  );
  const stateOf = async (id: string) => {
    const [answer] = await enforcer.read([ask(id)]);
    return answer !== undefined && 'value' in answer ? (answer.value as PortState) : answer;
  };
  return { enforcer, stateOf, wrong, cloud };
}

describe('an enforcer of Neutron', () => {
  it('makes one policy for ports of one limit, tags it, puts it on them, and says what they have', async () => {
    const state = fakeNeutron([port('p1'), port('p2')]);
    const { enforcer, stateOf } = await begin(state);
    await enforcer.read([ask('p1'), ask('p2')]);
    const name = 'virtune-in-100000-400-out-50000';
    expect(await enforcer.run([put(name, 'p1'), put(name, 'p2')])).toEqual([
      { kind: 'ok', error: '' },
      { kind: 'ok', error: '' },
    ]);
    expect([...state.policies.values()]).toEqual([
      expect.objectContaining({ name, shared: false, tags: ['virtune'] }),
    ]);
    expect([...state.policies.values()][0]?.rules).toEqual([
      expect.objectContaining({ max_kbps: 100_000, max_burst_kbps: 400, direction: 'ingress' }),
      expect.objectContaining({ max_kbps: 50_000, max_burst_kbps: 0, direction: 'egress' }),
    ]);
    expect(await stateOf('p2')).toMatchObject({
      server: SERVER,
      policy: {
        ...{ name, own: true, others: [] },
        limits: { inbound: { rate: 100_000, burst: 400 }, outbound: { rate: 50_000, burst: null } },
      },
      ofNetwork: null,
    });
  });

  it('gives ports another policy of the same name in one write, where theirs is unset and set', async () => {
    const name = 'virtune-in-8000';
    const state = fakeNeutron(
      ['p1', 'p2'].map((id) => port(id, { qos_policy_id: 'own' })),
      [{ id: 'own', name, tags: ['virtune'] }],
    );
    const { enforcer, stateOf } = await begin(state);
    await enforcer.read([ask('p1'), ask('p2')]);
    const renewal = (id: string) => [...unset(id), ...put(name, id)];
    expect(await enforcer.run([renewal('p1'), renewal('p2')])).toEqual([
      { kind: 'ok', error: '' },
      { kind: 'ok', error: '' },
    ]);
    const [first, second] = ['p1', 'p2'].map((id) => state.ports.get(id)?.qos_policy_id);
    expect(first).toBe(second);
    expect(first).not.toBe('own');
    expect(state.writes.filter((line) => line.startsWith('PUT /ports/'))).toEqual([
      'PUT /ports/p1',
      'PUT /ports/p2',
    ]);
    expect(await stateOf('p1')).toMatchObject({
      policy: { name, own: true, limits: { inbound: { rate: 8000 } } },
    });
    expect(await enforcer.finish()).toEqual([]);
    expect([...state.policies.keys()]).toEqual([first]);
    // The next one goes back and forth no more than it is asked to: without the first command nothing is other.
    await enforcer.read([ask('p1')]);
    expect(await enforcer.run([put(name, 'p1')])).toEqual([{ kind: 'ok', error: '' }]);
    expect(state.ports.get('p1')?.qos_policy_id).toBe(first);
  });

  it('removes what no port needs any more at the end, and nothing that one has, nor anybody else’s', async () => {
    const state = fakeNeutron(
      [
        port('p1', { qos_policy_id: 'own' }),
        port('p2', { qos_policy_id: 'other' }),
        port('p3', { qos_policy_id: 'shared' }),
      ],
      [
        { id: 'own', name: 'virtune-in-8000', tags: ['virtune'] },
        { id: 'other', name: 'gold' },
        { id: 'shared', name: 'virtune-out-8', tags: ['virtune'] },
        { id: 'idle', name: 'virtune-in-16', tags: ['virtune'] },
      ],
    );
    const { enforcer } = await begin(state);
    await enforcer.read(['p1', 'p2', 'p3'].map(ask));
    expect(await enforcer.run([unset('p1'), unset('p2')])).toEqual([
      { kind: 'ok', error: '' },
      { kind: 'ok', error: '' },
    ]);
    expect(await enforcer.finish()).toEqual([]);
    // "idle" may be one that another run has just made, which makes it anew then.
    expect([...state.policies.keys()]).toEqual(['other', 'shared']);
  });

  it('writes nothing where somebody else has changed the policy since it was read', async () => {
    const state = fakeNeutron([port('p1')], [{ id: 'gold', name: 'gold' }]);
    const { enforcer } = await begin(state);
    await enforcer.read([ask('p1')]);
    const there = state.ports.get('p1');
    Object.assign(there ?? {}, { qos_policy_id: 'gold', revision_number: 4 });
    expect(await enforcer.run([put('virtune-in-8000', 'p1')])).toEqual([
      { kind: 'stale', error: 'its QoS policy was changed since it was read; nothing was written' },
    ]);
    expect(there).toMatchObject({ qos_policy_id: 'gold', revision_number: 4 });
    // What it had made for it goes.
    await enforcer.finish();
    expect([...state.policies.keys()]).toEqual(['gold']);
  });

  it('goes on where only something else of the port has changed, and where another run did the same', async () => {
    const state = fakeNeutron([port('p1'), port('p2')]);
    const { enforcer } = await begin(state);
    await enforcer.read([ask('p1'), ask('p2')]);
    Object.assign(state.ports.get('p1') ?? {}, { revision_number: 9 });
    expect(await enforcer.run([put('virtune-in-8000', 'p1')])).toEqual([{ kind: 'ok', error: '' }]);
    const made = state.ports.get('p1')?.qos_policy_id;
    Object.assign(state.ports.get('p2') ?? {}, { qos_policy_id: made, revision_number: 9 });
    const writes = state.ports.get('p2')?.revision_number;
    expect(await enforcer.run([put('virtune-in-8000', 'p2')])).toEqual([{ kind: 'ok', error: '' }]);
    expect(state.ports.get('p2')?.revision_number).toBe(writes);
  });

  it('makes a policy anew that another run has taken away between', async () => {
    const state = fakeNeutron(
      [port('p1')],
      [{ id: 'old', name: 'virtune-in-8000', tags: ['virtune'], rules: [] }],
    );
    const { enforcer, wrong } = await begin(state);
    await enforcer.read([ask('p1')]);
    wrong.answer = ({ method, path }) => {
      if (method === 'PUT' && path.endsWith('/ports/p1') && state.policies.has('old'))
        state.policies.delete('old');
      return null;
    };
    expect(await enforcer.run([put('virtune-in-8000', 'p1')])).toEqual([{ kind: 'ok', error: '' }]);
    expect(state.policies.get(state.ports.get('p1')?.qos_policy_id ?? '')).toMatchObject({
      name: 'virtune-in-8000',
    });
  });

  it('puts right the rules of a policy of its own that somebody has changed', async () => {
    const rules = [{ id: 'r', type: 'bandwidth_limit', max_kbps: 1, max_burst_kbps: 9, direction: 'egress' }];
    const state = fakeNeutron(
      [port('p1')],
      [{ id: 'own', name: 'virtune-in-8000', tags: ['virtune'], rules }],
    );
    const { enforcer, stateOf } = await begin(state);
    await enforcer.read([ask('p1')]);
    await enforcer.run([put('virtune-in-8000', 'p1')]);
    expect(await stateOf('p1')).toMatchObject({
      policy: { id: 'own', limits: { inbound: { rate: 8000, burst: null }, outbound: null } },
    });
  });

  it.each([
    ['a policy of its name without the tag', { id: 'x', name: 'virtune-in-8000' }],
    ['a tag on a name of somebody else’s', { id: 'x', name: 'gold', tags: ['virtune'] }],
  ])('takes %s for somebody else’s', async (_, policy) => {
    const state = fakeNeutron([port('p1', { qos_policy_id: 'x' })], [policy]);
    const { stateOf } = await begin(state);
    expect(await stateOf('p1')).toMatchObject({ policy: { own: false } });
  });

  it('says which right is missing, and nothing secret', async () => {
    const state = fakeNeutron([port('p1')]);
    const { enforcer, wrong } = await begin(state);
    await enforcer.read([ask('p1')]);
    wrong.answer = ({ method, path }) =>
      method === 'POST' && path.endsWith('/qos/policies')
        ? neutron(403, 'PolicyNotAuthorized', `rule:create_policy is disallowed for ${PASSWORD}`)
        : null;
    const [outcome] = await enforcer.run([put('virtune-in-8000', 'p1')]);
    expect(outcome).toMatchObject({ kind: 'failed' });
    expect(outcome?.error).toMatch(
      /^cloud east: POST \S+ gets 403: .*this login needs Neutron's rule create_policy, by default the role admin$/,
    );
    expect(outcome?.error).not.toContain(PASSWORD);
    expect(state.ports.get('p1')).toMatchObject({ qos_policy_id: null });
  });

  it.each([
    ['500', 'lost', { status: 500, body: {} }],
    ['garbage', 'lost', { status: 200, text: '<html>' }],
    ['400', 'failed', { status: 400, body: {} }],
  ])('names what %s to a write means: %s', async (_, kind, reply) => {
    const state = fakeNeutron([port('p1')]);
    const { enforcer, wrong } = await begin(state);
    await enforcer.read([ask('p1')]);
    wrong.answer = ({ method, path }) => (method === 'PUT' && path.endsWith('/ports/p1') ? reply : null);
    expect(await enforcer.run([put('virtune-in-8000', 'p1')])).toMatchObject([{ kind }]);
  });

  it('says of each port why nothing is known of it', async () => {
    const state = fakeNeutron([port('p1')]);
    const { enforcer, wrong } = await begin(state);
    wrong.answer = ({ path }) => (path.endsWith('/ports') ? { status: 200, text: '{"ports"' } : null);
    const answers = await enforcer.read([ask('p1'), { ...ask('p1'), cloud: 'west' }]);
    expect(answers).toEqual([
      { problem: expect.stringMatching(/^cloud east: .*the answer is not JSON$/) },
      { problem: 'no cloud "west"' },
    ]);
    wrong.answer = null;
    expect(await enforcer.read([ask('p7')])).toEqual([{ problem: 'there is no port p7 any more' }]);
    expect(await enforcer.run([put('virtune-in-8000', 'p7'), [['port', 'delete', 'p1']]])).toEqual([
      { kind: 'failed', error: 'port p7 was not read' },
      { kind: 'failed', error: 'not a command for a port: port delete p1' },
    ]);
    expect(state.writes).toEqual([]);
  });

  it.each([
    [
      'without its extension',
      [{ ...QOS[0], configurations: { extensions: [] } }],
      { idle: expect.stringMatching(/without the extension qos/) },
    ],
    [
      'without its extension, beside one that the host has no more,',
      [
        { ...QOS[0], alive: false },
        { ...QOS[0], binary: 'neutron-openvswitch-agent', configurations: { extensions: [] } },
      ],
      { idle: expect.stringMatching(/^neutron-openvswitch-agent on cmp-001 runs without the extension qos/) },
    ],
    ['of OVN', [{ binary: 'ovn-controller', host: 'cmp-001', configurations: {} }], {}],
    ['that this login is not told of', [], { unseenAgent: true }],
  ])('knows what an agent %s does with policies', async (_, agents, expected) => {
    const { stateOf } = await begin(fakeNeutron([port('p1')]), agents);
    const found = (await stateOf('p1')) as PortState;
    const { idle, unseenAgent } = found;
    expect({ ...(idle === undefined ? {} : { idle }), ...(unseenAgent ? { unseenAgent } : {}) }).toEqual(
      expected,
    );
  });
});
