import { describe, expect, it } from 'vitest';
import { planVisit } from '../../../src/engine/plan.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { parseOvs } from '../../../src/facts/ovs.ts';
import { portFact } from '../../../src/facts/ports.ts';
import type { PortState, QosPolicy } from '../../../src/facts/qos.ts';
import { limitsOfName, policyName } from '../../../src/facts/qos.ts';
import { parseTc } from '../../../src/facts/tc.ts';
import { type Change, commandLines } from '../../../src/model/change.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { described, UUID } from './of_module.ts';

/** nic_limits with enforce_with: neutron. */

const MAC = 'fa:16:3e:00:00:01';
const PORT = '56da4864-728b-4b1c-9d2e-6a3a3b0d7f11';
const CLOUD = '\nenforce_with: neutron\ncloud: { cloud: east, region: RegionOne }\n';
const SERVERS = (quotas = '{}', port = MAC) =>
  `\nservers: [{ id: ${UUID}, name: web, flavor: { name: f, quotas: ${quotas} }, ports: [{ id: ${PORT}, mac: "${port}" }] }]`;

const nic = (bandwidth = '', bridge = 'brq1') =>
  `<name>web</name><devices><interface type='bridge'><mac address='${MAC}'/><source bridge='${bridge}'/><target dev='tap56da4864-72'/>${bandwidth}</interface></devices>`;
const LIMITED = "<bandwidth><inbound average='1000'/></bandwidth>";

const own = (name: string): QosPolicy => ({
  ...{ id: `id of ${name}`, name, own: true, others: [] },
  limits: limitsOfName(name),
});
const GOLD: QosPolicy = {
  ...{ id: '95c4', name: 'gold', own: false, others: ['dscp_marking'] },
  limits: { inbound: { rate: 8001, burst: null }, outbound: null },
};

function told(state: Partial<PortState> | { readonly problem: string }) {
  const fact = portFact({ cloud: 'east', region: 'RegionOne', port: PORT, mac: MAC });
  const whole: PortState = {
    ...{ id: PORT, server: UUID, mac: MAC, policy: null, ofNetwork: null, known: [] },
    ...('problem' in state ? {} : state),
  };
  const answer = 'problem' in state ? state : { value: whole };
  return { networks: [], [fact.name]: { question: fact.question, answer } };
}

const plan = (
  rules: string,
  state: Partial<PortState> | { readonly problem: string } = {},
  live: string | null = nic(),
  config: string | null = live,
  quotas?: string,
  tc?: ReturnType<typeof parseTc>,
) => {
  const { args, diagnostics } = nicLimits.parse(
    parseYaml(`rules:\n  ${rules}${SERVERS(quotas)}${CLOUD}`, 'x.yml').value,
  );
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  const task = { host: 'hv01', play: 'p', task: 't', rank: 0, ignoreErrors: false, listAll: false };
  const { changes } = planVisit(
    [{ ...task, rewrite: false, kernel: tc !== undefined, now: 0, module: nicLimits, args }],
    {
      domains: [described([nicsFact], live, config, { name: 'web' })],
      unreadable: [],
      parts: { ...told(state), ...(tc === undefined ? {} : { tc }) },
    },
  );
  const change = changes[0]?.change as Change;
  return {
    ...{ change, status: change?.status, reason: change?.reason, notes: change?.notes ?? [] },
    commands: change === undefined ? [] : commandLines(change).map((line) => line.replace(UUID, 'U')),
    sentence: change === undefined ? '' : nicLimits.text.sentence(change),
  };
};
const OPENSTACK = 'openstack --os-cloud east --os-region-name RegionOne';

describe('names of policies', () => {
  it.each([
    ['virtune-in-800', { inbound: { rate: 800, burst: null }, outbound: null }],
    ['virtune-in-800-9-out-16', { inbound: { rate: 800, burst: 9 }, outbound: { rate: 16, burst: null } }],
    ['virtune-out-16-1', { inbound: null, outbound: { rate: 16, burst: 1 } }],
    ['virtune-unlimited', { inbound: null, outbound: null }],
  ])('%s says what it limits', (name, limits) => {
    expect(limitsOfName(name)).toEqual(limits);
    expect(policyName(limits)).toBe(name);
  });
  it.each([
    'virtune',
    'virtune-',
    'virtune-in-0',
    'virtune-in-08',
    'virtune-in-8out-8',
    'virtune--out-8',
    'Virtune-in-8',
    'virtune-in-8\n',
    'gold',
  ])('%j is none of virtune’s', (name) => expect(limitsOfName(name)).toBeNull());
});

describe('enforce_with: neutron', () => {
  it('makes a policy of the port of a rate both ways, and writes nothing to libvirt', () => {
    expect(plan('- { domain: web, rate: 100 Mbit/s }')).toMatchObject({
      status: 'pending',
      sentence:
        "receives (Neutron) unlimited → 100 Mbit/s; sends (Neutron) unlimited → 100 Mbit/s; Neutron's policy none → virtune-in-100000-out-100000",
      commands: [
        `${OPENSTACK} network qos policy create virtune-in-100000-out-100000`,
        `${OPENSTACK} network qos rule create --type bandwidth-limit --max-kbps 100000 --ingress virtune-in-100000-out-100000`,
        `${OPENSTACK} network qos rule create --type bandwidth-limit --max-kbps 100000 --egress virtune-in-100000-out-100000`,
        `${OPENSTACK} port set --qos-policy virtune-in-100000-out-100000 ${PORT}`,
      ],
    });
  });

  it('is in sync where the policy of the port has the rates', () => {
    const found = plan('- { domain: web, inbound: 100 Mbit/s }', { policy: own('virtune-in-100000') });
    expect(found).toMatchObject({ status: 'inSync', commands: [], notes: [] });
  });

  it('keeps what no rule names, and takes all away with the last limit', () => {
    const policy = own('virtune-in-100000-out-8-3');
    expect(
      plan('- { domain: web, inbound: 8 Mbit/s }', { policy, known: ['virtune-in-8000-out-8-3'] }).commands,
    ).toEqual([`${OPENSTACK} port set --qos-policy virtune-in-8000-out-8-3 ${PORT}`]);
    expect(plan('- { domain: web, rate: unlimited }', { policy }).commands).toEqual([
      `${OPENSTACK} port unset --qos-policy ${PORT}`,
    ]);
  });

  it.each([
    ['64 KiB', 524],
    ['1', 8],
    ['1 MiB', 8388],
  ])('rounds a burst of %s down to whole kbit', (burst, kbit) => {
    const { change } = plan(`- { domain: web, outbound: { average: 8 kbit/s, burst: ${burst} } }`);
    expect(change.settings.find(({ name }) => name === 'port_outbound.burst')?.desired.live).toBe(kbit);
  });

  it('takes away what libvirt would set at the next start, but not what Nova makes anew of the flavor', () => {
    const rules = '- { domain: web, inbound: 8 Mbit/s }';
    const found = plan(rules, {}, nic(LIMITED));
    expect(found.commands.at(-1)).toBe(`virsh domiftune U ${MAC} --config --inbound 0`);
    expect(found.commands).toHaveLength(4);
    expect(found.notes).toEqual([
      "libvirt still describes for the running VM: receives at most 8 Mbit/s. Neutron's agent replaces that on the tap, and the next start is without it",
    ]);
    const flavors = plan(rules, {}, nic(LIMITED), nic(LIMITED), '{ "quota:vif_inbound_average": "1000" }');
    expect(flavors.commands.filter((line) => line.startsWith('virsh'))).toEqual([]);
  });

  it('takes libvirt’s own limits away from the running VM where both would hold, with the hybrid plug', () => {
    const found = plan('- { domain: web, inbound: 8 Mbit/s }', {}, nic(LIMITED, 'qbr56da4864-72'));
    expect(found.commands.at(-1)).toBe(`virsh domiftune U ${MAC} --live --config --inbound 0`);
    expect(found.notes).toEqual([]);
  });

  it('leaves a policy of somebody else’s alone, of the port or of its network', () => {
    const rules = '- { domain: web, rate: 8 Mbit/s }';
    expect(plan(rules, { policy: GOLD })).toMatchObject({
      status: 'conflict',
      commands: [],
      reason: `the port ${PORT} has the QoS policy "gold" (95c4), which is not virtune's: take it away, leave the NIC out, or write neutron_qos: override in the task`,
    });
    expect(plan(rules, { ofNetwork: { ...GOLD, name: '' } })).toMatchObject({
      status: 'conflict',
      reason: expect.stringContaining('the QoS policy 95c4 of its network,'),
    });
  });

  it('takes its place where the task says so, and records which it was', () => {
    const found = plan('- { domain: web, outbound: 8 Mbit/s }\nneutron_qos: override', { policy: GOLD });
    expect(found.status).toBe('pending');
    expect(found.commands.at(-1)).toBe(`${OPENSTACK} port set --qos-policy virtune-in-8001-out-8000 ${PORT}`);
    expect(found.notes).toEqual([
      'virtune\'s policy takes the place of "gold" (95c4), and with it its rules of dscp_marking; a rollback gives that back',
    ]);
    expect(found.change.settings.find(({ name }) => name === 'port_policy')).toMatchObject({
      ...{ live: '95c4', config: '95c4' },
      desired: { live: 'virtune-in-8001-out-8000' },
    });
    const network = plan('- { domain: web, rate: unlimited }\nneutron_qos: override', { ofNetwork: GOLD });
    expect(network.commands.at(-1)).toBe(`${OPENSTACK} port set --qos-policy virtune-unlimited ${PORT}`);
  });

  it.each([
    [
      { problem: 'cloud east: it is down' },
      'failed',
      'Neutron does not say how it limits the NIC: cloud east: it is down',
    ],
    [{ idle: 'no extension' }, 'unsupported', 'no extension'],
    [
      { server: 'another' },
      'unsupported',
      `the cloud knows no port of this server with the MAC ${MAC}, so that Neutron cannot limit it: leave it out, or write enforce_with: libvirt for it`,
    ],
  ])('says why it cannot: %j', (state, status, reason) => {
    expect(plan('- { domain: web, rate: 8 Mbit/s }', state)).toMatchObject({ status, reason, commands: [] });
  });

  it('takes its own policy from what no rule names with unmatched: unlimited, and nobody else’s', () => {
    const rules = '- { domain: other, rate: 8 Mbit/s }\nunmatched: unlimited';
    expect(plan(rules, { policy: own('virtune-in-8') }).commands).toEqual([
      `${OPENSTACK} port unset --qos-policy ${PORT}`,
    ]);
    expect(plan(rules, { policy: GOLD }).change).toBeUndefined();
  });
});

describe('what Neutron cannot do is told before anybody is contacted', () => {
  const said = (yaml: string) =>
    nicLimits
      .parse(parseYaml(`${yaml}\n`, 'x.yml').value)
      .diagnostics.map(({ place, message, hint }) => `${place?.line}:${place?.column} ${message}; ${hint}`);
  const WITH = `\nenforce_with: neutron\ncloud: { cloud: east, region: RegionOne }\nservers: []`;

  it.each([
    [
      'rules:\n  - { domain: web, inbound: { average: 8, peak: 16 } }',
      "2:43 peak has no equal in Neutron's QoS, which limits an average and a burst; leave peak out, or limit with enforce_with: libvirt",
    ],
    [
      'rules:\n  - { domain: web, inbound: { average: 8, floor: 16 } }',
      "2:43 floor has no equal in Neutron's QoS, which limits an average and a burst; leave floor out, or limit with enforce_with: libvirt",
    ],
    [
      'rules:\n  - { domain: web, rate: 8, apply_to: live }',
      '2:29 apply_to: live has no equal in Neutron, whose policies hold for the running VM and for its next start; leave it out, or limit with enforce_with: libvirt',
    ],
    [
      'rules:\n  - { domain: web, outbound: 3000 Gbit/s }',
      '2:20 Neutron takes at most 2147483647 kbit/s; write "unlimited" for no limit',
    ],
  ])('%j', (rules, message) => expect(said(rules + WITH)).toContain(message));

  it('a host of which no cloud says anything, and names that are not plain', () => {
    const rules = 'rules:\n  - { domain: web, rate: 8 }\nenforce_with: neutron';
    expect(said(rules)).toEqual([
      '3:15 enforce_with: neutron, and no inventory of a cloud says what this host has; read the hosts from the cloud (plugin: virtune.openstack), or leave it to libvirt there',
    ]);
    expect(said(`${rules}\ncloud: { cloud: "a b", region: R }\nservers: []`)).toEqual([
      '3:15 enforce_with: neutron needs plain names of cloud and region: letters, digits, "_", "." and "-", not "a b"; give the cloud such a name in clouds.yaml',
    ]);
  });
});

describe('what a policy may bound', () => {
  const of = (name: string, values: Record<string, number | null>) =>
    nicLimits.measures.find((one) => one.name === name)?.of(values);
  it.each([
    ['inbound.average', { 'inbound.average': null, 'port_inbound.average': 80_000 }, 10_000],
    ['inbound.average', { 'port_inbound.average': 80_000 }, 10_000],
    ['inbound.average', { 'inbound.average': 500, 'port_inbound.average': 80_000 }, 500],
    ['inbound.average', { 'inbound.average': 500, 'port_inbound.average': null }, 500],
    ['inbound.average', { 'port_inbound.average': null }, null],
    ['inbound.burst', { 'port_inbound.burst': 1024 }, 125],
    ['inbound.burst', { 'port_inbound.burst': null }, undefined],
    ['inbound.peak', { 'port_inbound.average': 80_000 }, undefined],
  ])('%s of %j is %j', (name, values, expected) => expect(of(name, values)).toBe(expected));
});

describe('tasks', () => {
  it('may not limit the same NICs by libvirt and by Neutron', () => {
    const args = (more: object) =>
      nicLimits.parse({ rules: [{ domain: 'web', rate: '8 Mbit/s' }], servers: [], ...more }).args;
    const byNeutron = args({ enforce_with: 'neutron', cloud: { cloud: 'east', region: 'R' } });
    const [found] = nicLimits.clashes(byNeutron as never, args({}) as never);
    expect(found?.message).toMatch(/one by libvirt and one by Neutron/);
    expect(nicLimits.clashes(byNeutron as never, byNeutron as never)).toEqual([]);
  });

  it('are told what the kernel makes of a policy', () => {
    const tc = (root: string) =>
      parseTc(
        `ok\nqdisc ${root}\nqdisc ingress ffff: dev tap56da4864-72 parent ffff:fff1\nlink tap56da4864-72 fe:16:3e:00:00:01`,
      );
    const kernel = (root: string) => {
      const parts = { ...told({ policy: own('virtune-in-8000') }), tc: tc(root) };
      const domain = described([nicsFact], nic(), nic(), { name: 'web' });
      return nicLimits.find({ domains: [domain], unreadable: [], parts })[0]?.kernel;
    };
    const tbf = (rate: string) =>
      `tbf 8001: dev tap56da4864-72 root refcnt 2 rate ${rate} burst 12500b lat 50ms`;
    expect(kernel(tbf('8Mbit'))).toMatchObject({
      drift: [],
      // Reports have all of a state.
      values: { 'port_inbound.average': 8000, 'inbound.average': null, 'outbound.floor': null },
    });
    expect(kernel(tbf('9Mbit'))?.drift).toMatchObject([
      {
        kind: 'differs',
        settings: ['port_inbound.average'],
        text: expect.stringContaining('limits to 9000 kbit/s'),
      },
    ]);
    expect(kernel('pfifo_fast 0: dev tap56da4864-72 root refcnt 2')?.drift).toMatchObject([
      { kind: 'missing', text: "inbound: the kernel limits nothing; Neutron's policy says 8000 kbit/s" },
    ]);
  });

  it('give a port another policy that says the same where its agent does not keep the one that it has', () => {
    const told = { policy: own('virtune-in-8000'), known: ['virtune-in-8000'] };
    const tap = (root: string) => parseTc(`ok\nqdisc ${root}\nlink tap56da4864-72 fe:16:3e:00:00:01`);
    const at = (root: string) => {
      const { status, commands, notes } = plan(
        '- {domain: web, inbound: 8 Mbit/s}',
        told,
        nic(),
        nic(),
        undefined,
        tap(root),
      );
      return { status, commands, notes };
    };
    expect(at('tbf 8001: dev tap56da4864-72 root refcnt 2 rate 8Mbit burst 12500b lat 50ms')).toEqual({
      ...{ status: 'inSync', commands: [], notes: [] },
    });
    expect(at('noqueue 0: dev tap56da4864-72 root refcnt 2')).toEqual({
      status: 'pending',
      commands: [
        `${OPENSTACK} port unset --qos-policy ${PORT}`,
        `${OPENSTACK} port set --qos-policy virtune-in-8000 ${PORT}`,
      ],
      notes: [
        expect.stringContaining('the port gets another one that says the same'),
        "inbound: the kernel limits nothing; Neutron's policy says 8000 kbit/s",
      ],
    });
  });

  it("have the agent's rows in Open vSwitch's database, which are nobody else's", () => {
    const OVS_NIC = nic("<virtualport type='openvswitch'/>", 'br-int');
    const domain = described([nicsFact], OVS_NIC, OVS_NIC, { name: 'web' });
    const tap = 'tap56da4864-72';
    const tc = parseTc(
      [
        ...['ok', `qdisc htb 1: dev ${tap} root refcnt 2 r2q 10 default 0x1 direct_packets_stat 0`],
        ...[`qdisc ingress ffff: dev ${tap} parent ffff:fff1`, `link ${tap} fe:16:3e:00:00:01`],
        `Object "@${tap}" is unknown, try "tc help".`,
        'class htb 1:1 parent 1:fffe prio 0 rate 12Kbit ceil 8Mbit burst 1563b cburst 1563b',
        'class htb 1:fffe root rate 10Gbit ceil 10Gbit burst 1250b cburst 1250b',
      ].join('\n'),
    );
    const ovs = parseOvs(
      [
        'ok',
        `{"data":[["${tap}",16000,12800]],"headings":["name","ingress_policing_rate","ingress_policing_burst"]}`,
        `{"data":[["${tap}",["uuid","q"]]],"headings":["name","qos"]}`,
        `{"data":[[["uuid","q"],"linux-htb",["map",[["max-rate","8000000"]]],["map",[[0,["uuid","r"]]]],["map",[["id","${tap}"]]]]],"headings":["_uuid","type","other_config","queues","external_ids"]}`,
        '{"data":[[["uuid","r"],["map",[["max-rate","8000000"]]]]],"headings":["_uuid","other_config"]}',
      ].join('\n'),
    );
    const drift = (parts: object) =>
      nicLimits
        .find({ domains: [domain], unreadable: [], parts: { networks: [], tc, ovs, ...parts } })[0]
        ?.kernel?.drift.map(({ kind }) => kind);
    expect(drift(told({ policy: own('virtune-in-8000') }))).toEqual([]);
    // Nobody has told whose they are.
    expect(drift({})).toEqual(['foreign', 'foreign']);
    expect(drift(told({}))).toEqual(['foreign', 'foreign']);
  });
});
