import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { newConnector } from '../../../src/connection/connector.ts';
import { givenTask } from '../../../src/engine/given.ts';
import type { HostTask, PlayJob } from '../../../src/engine/job.ts';
import { type RunOptions, runPlays } from '../../../src/engine/run.ts';
import type { Enforcers } from '../../../src/model/enforcer.ts';
import type { RunResult } from '../../../src/model/result.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { CloudConfig } from '../../../src/openstack/config.ts';
import { openstackEnforcer } from '../../../src/openstack/enforcer.ts';
import { plannedOf } from '../../../src/plan/given.ts';
import { historyOf } from '../../../src/record/history.ts';
import { openRecord } from '../../../src/record/recorder.ts';
import { undoOf } from '../../../src/record/undo.ts';
import { defineDomain } from '../../../src/sim/define.ts';
import { writeFleetFiles } from '../../../src/sim/fleet_files.ts';
import { type SimHost, simHost } from '../../../src/sim/model.ts';
import { type SimFleet, startSimFleet } from '../../../src/sim/sshd.ts';
import { type FakeReply, type FakeRequest, PASSWORD, startFakeCloud } from '../../openstack/fake_cloud.ts';
import { type FakeNeutron, fakeNeutron, neutron } from '../../openstack/fake_neutron.ts';
import { head, stateDir } from '../../unit/record/build.ts';
import { simTarget } from './sim_target.ts';

/** Limits by Neutron's policies through all stages: a simulated host, and a cloud that answers as a real one. */

const VMS = ['4635a2f1-0000-4000-8000-000000000001', '4635a2f1-0000-4000-8000-000000000002'] as const;
const macOf = (index: number) => `fa:16:3e:00:00:0${index + 1}`;
const QOS = [
  { binary: 'neutron-linuxbridge-agent', host: 'cmp-001', configurations: { extensions: ['qos'] } },
];

let dir = '';
let host: SimHost;
let fleet: SimFleet;
let state: FakeNeutron;
let wrong: ((request: FakeRequest) => FakeReply | null) | null = null;
let newEnforcers: () => Enforcers;
let second = 0;

beforeEach(async () => {
  dir = stateDir();
  host = simHost('hv1');
  VMS.forEach((uuid, index) => {
    const inbound = index === 1 ? { inbound: { average: 500 } } : {};
    defineDomain(host, {
      ...{ name: `web-${index + 1}`, uuid },
      nics: [{ mac: macOf(index), source: { bridge: 'brq1' }, ...inbound }],
    });
  });
  fleet = await startSimFleet([host]);
  await writeFleetFiles(fleet, dir);
  state = fakeNeutron(
    VMS.map((device_id, index) => ({ id: `port-${index + 1}`, device_id, mac_address: macOf(index) })),
    [{ id: 'gold', name: 'gold', rules: [{ type: 'bandwidth_limit', direction: 'egress', max_kbps: 801 }] }],
  );
  wrong = null;
  const cloud = await startFakeCloud({ fleet: { agents: QOS } });
  cloud.answer = (request) => wrong?.(request) ?? state.answer(request);
  onTestFinished(async () => {
    await fleet.close();
    await cloud.close();
  });
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
  newEnforcers = () => new Map([['openstack', openstackEnforcer(async () => config)]]);
  second = 0;
});

const SERVERS = VMS.map((id, index) => ({
  ...{ id, name: `web-${index + 1}`, flavor: { name: 'f', quotas: {} } },
  ports: [{ id: `port-${index + 1}`, mac: macOf(index) }],
}));

const task = (rules: readonly object[], more: object = {}): HostTask => ({
  ...{ name: 'limits', module: nicLimits },
  args: nicLimits.parse({
    ...{ rules, enforce_with: 'neutron', servers: SERVERS },
    ...{ cloud: { cloud: 'east', region: 'RegionOne' }, ...more },
  }).args,
});

function playJob(tasks: readonly HostTask[]): PlayJob {
  const place = { file: 'p.yml', line: 1, column: 1 };
  const [server] = fleet.hosts;
  const job = { name: 'hv1', uri: 'qemu:///system', target: simTarget(server!, dir), tasks };
  return {
    play: { name: 'p', file: 'p.yml', place, hosts: 'all', hostsPlace: place, vars: {}, tasks: [] },
    batches: [[{ ...job, enforcers: newEnforcers() }]],
    rules: tasks.flatMap(({ module, args }) => module.rules(args)),
  };
}

/** Runs tasks as one run, recorded where it writes. */
async function run(tasks: readonly HostTask[], over: Partial<RunOptions> = {}) {
  const { run: id } = head(++second);
  const record = over.check ? undefined : await openRecord(join(dir, 'state'), head(second));
  const never = new AbortController().signal;
  const connector = newConnector();
  const { hosts, notes } = await runPlays(
    connector,
    [playJob(tasks)],
    { check: false, forks: 1, retryDelayMs: 1, record, ...over },
    { stopping: never, abort: never },
    {},
  );
  connector.close();
  await record?.close();
  const resources = hosts[0]?.resources ?? [];
  return { id, notes, hosts, resources, statuses: resources.map(({ status }) => status) };
}

async function rollback(id: string) {
  const { made, file } = await historyOf(join(dir, 'state'), id);
  const [{ given = [] } = {}] = undoOf(made, file, 'before');
  return run([givenTask('nic_limits', nicLimits, given)]);
}

/** What each port has: the name of its policy. */
const policies = () =>
  [...state.ports.values()].map(({ qos_policy_id: id }) => id && (state.policies.get(id)?.name ?? id));
const names = () => [...state.policies.values()].map(({ name }) => name).toSorted();
const configs = () => host.domains.map(({ config }) => config?.[0]?.bandwidth?.inbound?.average ?? null);

describe('enforce_with: neutron', () => {
  it('checks without writing, sets, converges, changes, removes what is not needed, and gives back', async () => {
    const rules = [{ domain: 'web-*', rate: '8 Mbit/s' }];
    const checked = await run([task(rules)], { check: true });
    expect(checked.statuses).toEqual(['pending', 'pending']);
    expect({ writes: state.writes, configs: configs() }).toEqual({ writes: [], configs: [null, 500] });

    const first = await run([task(rules)]);
    expect(first).toMatchObject({ statuses: ['changed', 'changed'], notes: [] });
    expect({ policies: policies(), names: names(), configs: configs() }).toEqual({
      policies: Array(2).fill('virtune-in-8000-out-8000'),
      names: ['gold', 'virtune-in-8000-out-8000'],
      // What the next start would have set; what runs is the agent's by now.
      configs: [null, null],
    });
    expect(host.domains[1]?.live?.[0]?.bandwidth?.inbound?.average).toBe(500);

    const writes = state.writes.length;
    for (const _ of [1, 2]) expect((await run([task(rules)])).statuses).toEqual(['inSync', 'inSync']);
    expect(state.writes).toHaveLength(writes);

    const next = await run([task([{ domain: 'web-*', inbound: '16 Mbit/s' }])]);
    expect(next.statuses).toEqual(['changed', 'changed']);
    expect(names()).toEqual(['gold', 'virtune-in-16000-out-8000']);

    expect((await rollback(next.id)).statuses).toEqual(['changed', 'changed']);
    expect(names()).toEqual(['gold', 'virtune-in-8000-out-8000']);
    expect((await rollback(first.id)).statuses).toEqual(['changed', 'changed']);
    expect({ policies: policies(), names: names(), configs: configs() }).toEqual({
      ...{ policies: [null, null], names: ['gold'] },
      configs: [null, 500],
    });
  });

  it('gives back what it was told to override', async () => {
    state.ports.get('port-1')!.qos_policy_id = 'gold';
    const rules = [{ domain: 'web-1', rate: '8 Mbit/s' }];
    expect(await run([task(rules)])).toMatchObject({
      statuses: ['conflict'],
      resources: [{ reason: expect.stringContaining('has the QoS policy "gold" (gold)') }],
    });
    const told = await run([task(rules, { neutron_qos: 'override' })]);
    expect(told.statuses).toEqual(['changed']);
    expect(policies()[0]).toBe('virtune-in-8000-out-8000');
    expect((await rollback(told.id)).statuses).toEqual(['changed']);
    expect({ policies: policies(), names: names() }).toEqual({ policies: ['gold', null], names: ['gold'] });
  });

  it('makes a saved plan where the ports are as it saw them, and leaves the others', async () => {
    const rules = [{ domain: 'web-*', rate: '8 Mbit/s' }];
    const { hosts } = await run([task(rules)], { check: true });
    const [{ given = [] } = {}] = plannedOf({ hosts } as unknown as RunResult, 0);
    state.ports.get('port-1')!.qos_policy_id = 'gold';
    const applied = await run([givenTask('nic_limits', nicLimits, given)]);
    expect(applied.statuses).toEqual(['stale', 'changed']);
    expect(applied.resources[0]?.reason).toMatch(/^it was changed since: .*has gold in Neutron/);
    expect(policies()).toEqual(['gold', 'virtune-in-8000-out-8000']);
  });

  it('plans anew what somebody else changes between, and keeps off', async () => {
    let once = false;
    wrong = ({ method, path }) => {
      if (method === 'POST' && path.endsWith('/qos/policies') && !once) {
        once = true;
        Object.assign(state.ports.get('port-1')!, { qos_policy_id: 'gold', revision_number: 40 });
      }
      return null;
    };
    const ran = await run([task([{ domain: 'web-1', rate: '8 Mbit/s' }])]);
    expect(ran.statuses).toEqual(['conflict']);
    expect({ policies: policies(), names: names() }).toEqual({ policies: ['gold', null], names: ['gold'] });
  });

  it('removes what the last server that had it has left, and nothing else', async () => {
    const policyOf = (id: string, name: string, tags: string[]) =>
      state.policies.set(id, { id, name, shared: false, tags, rules: [] });
    policyOf('left', 'virtune-in-99', ['virtune']);
    policyOf('in-use', 'virtune-in-98', ['virtune']);
    policyOf('untagged', 'virtune-in-97', []);
    policyOf('renamed', 'silver', ['virtune']);
    state.ports.set('port-9', { ...state.ports.get('port-1')!, id: 'port-9', qos_policy_id: 'in-use' });
    const rules = [{ domain: 'web-1', rate: '8 Mbit/s' }];
    await run([task(rules)], { check: true });
    expect(state.writes).toEqual([]);
    expect(await run([task(rules)])).toMatchObject({ statuses: ['changed'], notes: [] });
    const all = ['gold', 'silver', 'virtune-in-8000-out-8000', 'virtune-in-97', 'virtune-in-98'];
    expect(names()).toEqual(all);
    expect(state.writes.filter((one) => one.startsWith('DELETE'))).toEqual([
      'DELETE /qos/policies/left',
      'DELETE /qos/policies/in-use',
    ]);
  });

  it('makes a policy anew that another run takes away as it is found', async () => {
    const name = 'virtune-in-8000-out-8000';
    state.policies.set('old', { id: 'old', name, shared: false, tags: ['virtune'], rules: [] });
    wrong = ({ path }) => {
      if (path.includes('/old/')) state.policies.delete('old');
      return null;
    };
    expect((await run([task([{ domain: 'web-1', rate: '8 Mbit/s' }])])).statuses).toEqual(['changed']);
    expect([policies()[0], names()]).toEqual([name, ['gold', name]]);
  });

  describe('names what became of each NIC', () => {
    const both = [{ domain: 'web-*', rate: '8 Mbit/s' }];
    it.each<[string, (request: FakeRequest) => FakeReply | null, string[], RegExp]>([
      [
        'Neutron cannot be read',
        ({ path }) => (path.endsWith('/v2.0/ports') ? { status: 500, body: {} } : null),
        ['failed', 'failed'],
        /^Neutron does not say how it limits the NIC: cloud east: GET .* gets 500/,
      ],
      [
        'a page of policies is garbage',
        ({ path, method }) =>
          path.endsWith('/qos/policies') && method === 'GET' ? { status: 200, text: '{"policies": [' } : null,
        ['failed', 'failed'],
        /^Neutron does not say how it limits the NIC: cloud east: .*is not JSON/,
      ],
      [
        'the login may not write ports',
        ({ path, method }) =>
          method === 'PUT' && path.endsWith('/ports/port-1')
            ? neutron(403, 'PolicyNotAuthorized', 'rule:update_port is disallowed by policy')
            : null,
        ['failed', 'changed'],
        /gets 403: rule:update_port is disallowed by policy; this login needs Neutron's rule update_port/,
      ],
      [
        'the port goes',
        ({ path, method }) =>
          method === 'PUT' && path.endsWith('/ports/port-1') ? neutron(404, 'PortNotFound', 'gone') : null,
        ['notFound', 'changed'],
        /vanished/,
      ],
      [
        'a write gets garbage each time',
        ({ path, method }) =>
          method === 'PUT' && path.endsWith('/ports/port-1') ? { status: 200, text: '<html>' } : null,
        ['failed', 'changed'],
        /^how the change ended is not known: cloud east: .*is not JSON/,
      ],
    ])('where %s', async (_, answer, statuses, reason) => {
      wrong = answer;
      const ran = await run([task(both)]);
      expect(ran.statuses).toEqual(statuses);
      expect(ran.resources[0]?.reason).toMatch(reason);
      expect(policies()[0]).toBeNull();
      // What could not be put on a port is not taken from libvirt either.
      expect(ran.hosts[0]?.status).toBe('failed');
      wrong = null;
      expect((await run([task(both)])).statuses.every((one) => one === 'changed' || one === 'inSync')).toBe(
        true,
      );
    });
  });

  it('says what it did not know to be done, and was: only what is read back counts', async () => {
    let lost = 0;
    wrong = (request) => {
      if (request.method !== 'PUT' || !request.path.endsWith('/ports/port-1') || lost++ > 0) return null;
      state.answer(request);
      return { status: 200, reset: true };
    };
    const ran = await run([task([{ domain: 'web-1', rate: '8 Mbit/s' }])]);
    expect(ran.statuses).toEqual(['changed']);
    expect(policies()[0]).toBe('virtune-in-8000-out-8000');
  });
});
