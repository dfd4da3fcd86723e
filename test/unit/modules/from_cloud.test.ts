import { describe, expect, it } from 'vitest';
import type { CloudServer } from '../../../src/model/cloud.ts';
import { flavorCpu } from '../../../src/modules/cpu_limits/flavor.ts';
import { cpuLimits } from '../../../src/modules/cpu_limits/index.ts';
import { flavorDisk } from '../../../src/modules/disk_limits/flavor.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { domain, facts, NONE, nic, planHost, rate, UUID } from './build.ts';

/** Limits that come from a cloud, and NICs that Neutron limits. */

const A = '52:54:00:00:00:0a';
const B = '52:54:00:00:00:0b';

const VIF = {
  ...{
    'quota:vif_inbound_average': '1280',
    'quota:vif_inbound_peak': '2560',
    'quota:vif_inbound_burst': '1280',
  },
  'quota:vif_outbound_average': '640',
};

function server(over: Partial<CloudServer> = {}): CloudServer {
  return {
    ...{
      id: UUID,
      name: 'web1',
      project: { id: 'p1', name: 'demo' },
      flavor: { name: 'limited', quotas: VIF },
    },
    ...{ status: 'ACTIVE', locked: false, tags: [], metadata: {} },
    ports: [A, B].map((mac) => ({
      id: `port-${mac.slice(-1)}`,
      name: '',
      mac,
      network: { id: 'n', name: 'n' },
      fixed_ips: [],
    })),
    ...over,
  };
}

const withQos = (of: 'port' | 'network') => {
  const [first, second] = server().ports;
  return server({ ports: [{ ...first!, qos: { policy: { id: 'q', name: 'qos-8m' }, of } }, second!] });
};

const HOST = facts([domain({ live: [nic({ mac: A }), nic({ mac: B, target: 'vnet1' })] })]);

function parse(
  text: string,
  servers: readonly CloudServer[],
  module: typeof nicLimits | typeof cpuLimits | typeof diskLimits = nicLimits,
) {
  const { value } = parseYaml(text, 'x.yml');
  return module.parse({ ...(value as object), servers });
}

function plan(text: string, servers: readonly CloudServer[], host = HOST) {
  const { args, diagnostics } = parse(text, servers);
  expect(diagnostics).toEqual([]);
  const { items, notes } = planHost(args as Parameters<typeof planHost>[0], host);
  const nics = items.map(({ result, change }) => ({
    ...{ mac: String(change.subject.mac), status: result.status, desired: result.desired },
    ...{ reason: result.reason, notes: result.notes ?? [] },
  }));
  return { nics, notes };
}

const FLAVOR = 'rules: [{ domain: "*", from: flavor }]';

describe('limits from the flavor', () => {
  it('are what Nova makes of it, alike on all NICs', () => {
    const { nics, notes } = plan(FLAVOR, [server()]);
    const desired = { inbound: rate(1280, 2560, 1280), outbound: rate(640) };
    expect(nics.map((one) => [one.status, one.desired, one.notes])).toEqual([
      ['pending', desired, []],
      ['pending', desired, []],
    ]);
    expect(notes).toBeUndefined();
  });

  it('are those of the flavor as it is now, and what Nova will restore is told', () => {
    const current = { 'quota:vif_inbound_average': '5120' };
    const { nics } = plan(FLAVOR, [server({ flavor: { name: 'limited', quotas: VIF, current } })]);
    expect(nics[0]).toMatchObject({
      desired: { inbound: rate(5120), outbound: null },
      notes: [
        expect.stringMatching(/^its flavor "limited" has other limits, which Nova sets .*: receives at most/),
      ],
    });
  });

  it('are those of the server’s copy where the flavor is gone', () => {
    const flavor = { name: 'limited', quotas: VIF, current: null };
    expect(plan(FLAVOR, [server({ flavor })]).nics[0]?.desired.outbound).toEqual(rate(640));
  });

  it('take limits away where the flavor has none', () => {
    const limited = facts([domain({ live: [nic({ mac: A, limits: { ...NONE, inbound: rate(99) } })] })]);
    const { nics } = plan(FLAVOR, [server({ flavor: { name: 'plain', quotas: {} } })], limited);
    expect(nics[0]).toMatchObject({ status: 'pending', desired: NONE });
  });

  it('are none where a number is none, and the server is of no cloud', () => {
    const flavor = { name: 'x', quotas: { 'quota:vif_inbound_average': 'lots' } };
    expect(plan(FLAVOR, [server({ flavor })]).nics).toEqual([]);
    expect(plan(FLAVOR, []).nics).toEqual([]);
  });

  it.each([
    [
      'a flavor with a number that is none',
      FLAVOR,
      [server({ flavor: { name: 'x', quotas: { 'quota:vif_inbound_average': 'lots' } } })],
    ],
    ['a server that no cloud has told of', FLAVOR, []],
    [
      'such a server, where rules go by servers',
      'rules: [{ match: { server: { flavor: limited } }, rate: 8 Mbit/s }]',
      [],
    ],
    [
      'a server whose project has no name here',
      'rules: [{ match: { server: { project: demo } }, rate: 8 Mbit/s }]',
      [server({ project: { id: 'p1', name: '' } })],
    ],
    ['a port of such a server', 'rules: [{ nic: { port: p }, rate: 8 Mbit/s }]', []],
    ['a network of its', 'rules: [{ nic: { network: n }, rate: 8 Mbit/s }]', []],
    [
      'an owner’s word that is no rate',
      'rules: [{ domain: "*", from: metadata, at_most: 1 Gbit/s }]',
      [server({ metadata: { 'virtune:nic': 'a lot' } })],
    ],
  ])('are no reason to free what no rule can tell the limits of: %s', (_, rules, servers) => {
    const limited = facts([domain({ live: [nic({ mac: A, limits: { ...NONE, inbound: rate(99) } })] })]);
    const { nics } = plan(`${rules}\nunmatched: unlimited`, servers, limited);
    expect(nics).toEqual([]);
  });

  it('free what a cloud knows and no rule names, where that is said', () => {
    const limited = facts([domain({ live: [nic({ mac: A, limits: { ...NONE, inbound: rate(99) } })] })]);
    const by = 'rules: [{ match: { server: { flavor: gold } }, rate: 8 Mbit/s }]';
    const { nics } = plan(`${by}\nunmatched: unlimited`, [server()], limited);
    expect(nics).toMatchObject([{ status: 'pending', desired: NONE }]);
    const owners = 'rules: [{ domain: "*", from: metadata, at_most: 1 Gbit/s }]\nunmatched: unlimited';
    expect(plan(owners, [server()], limited).nics).toMatchObject([{ status: 'pending', desired: NONE }]);
  });

  it('of which Nova tells nothing free nobody', () => {
    const limited = facts([domain({ live: [nic({ mac: A, limits: { ...NONE, inbound: rate(99) } })] })]);
    const hidden = server({ flavor: { name: 'x', quotas: {}, hidden: true } });
    for (const unmatched of ['leave', 'unlimited'])
      expect(plan(`${FLAVOR}\nunmatched: ${unmatched}`, [hidden], limited)).toEqual({
        nics: [],
        notes: ['the flavor "x" of the server "web1" is not followed: Nova tells nothing of its extra specs'],
      });
    expect([flavorCpu(hidden), flavorDisk(hidden)]).toEqual([null, null]);
  });

  it('that are no numbers are told of the host', () => {
    const flavor = { name: 'x', quotas: { 'quota:vif_inbound_average': 'lots' } };
    expect(plan(FLAVOR, [server({ flavor })]).notes).toEqual([
      'the flavor "x" of the server "web1" is not followed: a quota:vif_… of it is no number',
    ]);
  });

  it('of CPUs and disks are Nova’s as well', () => {
    const of = (quotas: Readonly<Record<string, string>>) => server({ flavor: { name: 'c', quotas } });
    expect(flavorCpu(of({ 'quota:cpu_quota': '50000', 'quota:cpu_shares': '200' }))).toEqual({
      cpu_quota: { quota: 50_000, period: 100_000 },
      cpu_shares: 200,
    });
    expect(flavorCpu(of({}))).toEqual({ cpu_quota: null });
    expect(flavorCpu(of({ 'quota:cpu_quota': '5' }))).toBeNull();
    expect(flavorDisk(of({ 'quota:disk_read_bytes_sec': '1000000' }))).toMatchObject({
      read_bytes_sec: 1_000_000,
      write_bytes_sec: null,
      total_iops_sec: null,
    });
    expect(flavorDisk(of({ 'quota:disk_total_iops_sec': '1', 'quota:disk_read_iops_sec': '1' }))).toBeNull();
  });

  it.each([
    [nicLimits, 'rate: 1 MB/s'],
    [cpuLimits, 'cpu_shares: 100'],
    [diskLimits, 'total_iops_sec: 100'],
  ] as const)('stand beside no limit of the rule', (module, limit) => {
    const { diagnostics } = parse(`rules: [{ domain: "*", from: flavor, ${limit} }]`, [], module);
    expect(diagnostics[0]?.message).toContain('come from the flavor');
  });
});

describe('limits that the owner of a server asks for', () => {
  const rule = (from: string, most = '100 Mbit/s') =>
    `rules: [{ domain: "*", from: ${from}, at_most: ${most} }]`;
  const tagged = (...tags: string[]) => server({ tags });
  const both = (value: number) => ({
    inbound: rate(value, value, value),
    outbound: rate(value, value, value),
  });

  it('are those of a position, a port, or all NICs, the more particular first', () => {
    const one = (metadata: Record<string, string>) =>
      plan(rule('metadata'), [server({ metadata })]).nics.map(({ mac, desired }) => [
        mac,
        desired.inbound.average,
      ]);
    expect(one({ 'virtune:nic2': '50Mbit/s' })).toEqual([[B, 6250]]);
    expect(one({ 'virtune:nic': '8 Mbit/s', 'virtune:nic2': '50Mbit/s' })).toEqual([
      [A, 1000],
      [B, 6250],
    ]);
    expect(one({ 'virtune:nic1': '8 Mbit/s', 'virtune:port:port-a': '16 Mbit/s' })).toEqual([[A, 2000]]);
    expect(one({ other: '8 Mbit/s' })).toEqual([]);
  });

  it('in tags are rates without the slash that tags cannot hold', () => {
    expect(plan(rule('tags'), [tagged('virtune:nic2=50Mbit', 'blue')]).nics).toMatchObject([
      { mac: B, desired: both(6250) },
    ]);
  });

  it('are cut to what the rule allows, which is told', () => {
    const { nics } = plan(rule('tags', '8 Mbit/s'), [tagged('virtune:nic1=1Gbit')]);
    expect(nics[0]?.desired).toEqual(both(1000));
    expect(nics[0]?.notes[0]).toContain('asks for more than the rule "rule 1" allows, 8 Mbit/s');
  });

  it('that are no rates are not followed, which is told of the host', () => {
    for (const wrong of ['fast', '0', '-5Mbit', '', '9'.repeat(40), 'unlimited']) {
      const { nics, notes } = plan(rule('tags'), [tagged(`virtune:nic1=${wrong}`)]);
      expect(nics).toEqual([]);
      expect(notes).toHaveLength(1);
      expect(notes?.[0]).toContain('is not followed');
    }
  });

  it('need a bound, and a flavor none', () => {
    const said = (text: string) => parse(`rules: [{ domain: "*", ${text} }]`, []).diagnostics[0]?.message;
    expect(said('from: tags')).toContain('must say how much they may ask for');
    expect(said('from: flavor, at_most: 1 MB/s')).toContain('at_most is about metadata and tags');
    expect(said('rate: 1 MB/s, at_most: 1 MB/s')).toContain('at_most is about');
  });
});

describe('a NIC that Neutron limits', () => {
  const RULE = '{ domain: "*", rate: 8 Mbit/s }';

  it.each(['port', 'network'] as const)('by its %s is a conflict, and its neighbour is not', (of) => {
    const { nics } = plan(`rules: [${RULE}]`, [withQos(of)]);
    expect(nics.map(({ mac, status }) => [mac, status])).toEqual([
      [A, 'conflict'],
      [B, 'pending'],
    ]);
    expect(nics[0]?.reason).toContain(`the QoS policy "qos-8m"${of === 'network' ? ' of its network' : ''},`);
  });

  it('is set where the task says so, and left where no rule names it', () => {
    expect(plan(`{ rules: [${RULE}], neutron_qos: override }`, [withQos('port')]).nics[0]?.status).toBe(
      'pending',
    );
    const others = `{ rules: [{ nic: { mac: "${B}" }, rate: 8 Mbit/s }], unmatched: unlimited }`;
    expect(plan(others, [withQos('port')]).nics.map(({ mac, status }) => [mac, status])).toEqual([
      [A, 'inSync'],
      [B, 'pending'],
    ]);
  });
});

it('limits that no flavor knows are told once for the host', () => {
  const flavor = { name: 'plain', quotas: {} };
  expect(plan('rules: [{ domain: "*", rate: 8 Mbit/s }]', [server({ flavor })]).notes).toEqual([
    '2 NICs have limits of which the flavor says nothing: Nova takes them away at the next hard reboot or start, and virtune watch sets them again',
  ]);
});
