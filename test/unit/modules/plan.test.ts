import { describe, expect, it } from 'vitest';
import type { DesiredLimits } from '../../../src/facts/bandwidth.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import type { Rule } from '../../../src/modules/nic_limits/rule.ts';
import { nicText } from '../../../src/modules/nic_limits/text.ts';
import {
  args,
  domain,
  facts,
  MAC,
  NONE,
  network,
  nic,
  planHost,
  rate,
  rule,
  UUID,
  type Vm,
} from './build.ts';

// biome-ignore lint/suspicious/noExplicitAny: an entry of a report, whatever is asked of it
type Reported = any;

const D = `virsh domiftune ${UUID} ${MAC}`;

function plan(given: HostFacts, limits: DesiredLimits, over: Partial<Rule> = {}) {
  return planHost(args([rule({ limits, ...over })]), given).items.map(({ result }) => result as Reported);
}

function only(given: HostFacts, limits: DesiredLimits, over: Partial<Rule> = {}) {
  const results = plan(given, limits, over);
  expect(results).toHaveLength(1);
  return results[0]!;
}

describe('two states that are to have different limits', () => {
  const rules = [
    rule({ name: 'a', limits: { inbound: rate(1000) }, applyTo: 'config' }),
    rule({ name: 'b', limits: { inbound: rate(2000) }, applyTo: 'live' }),
  ];
  const planned = (given: HostFacts) => planHost(args(rules), given).items[0]!;

  it('each have their own, in commands, report, sentence and differences', () => {
    const { result, change } = planned(facts([domain()]));
    expect(result.commands).toEqual([`${D} --live --inbound 2000`, `${D} --config --inbound 1000`]);
    expect(result.desired).toEqual({ inbound: rate(2000) });
    expect(result.desiredByState).toEqual({ live: { inbound: rate(2000) }, config: { inbound: rate(1000) } });
    expect(nicText.sentence(change)).toBe(
      'receives unlimited → 16 Mbit/s (live), unlimited → 8 Mbit/s (persistent)',
    );
    expect(nicText.diff(change)).toEqual([
      '- inbound  live            unlimited',
      '+ inbound  live            2000 (16 Mbit/s)',
      '- inbound  persistent      unlimited',
      '+ inbound  persistent      1000 (8 Mbit/s)',
    ]);
  });

  it('a VM that is shut off is to have the one of its configuration', () => {
    const { result, change } = planned(facts([domain({ live: null, config: [nic()] })]));
    expect(result).toMatchObject({
      commands: [`${D} --config --inbound 1000`],
      desired: { inbound: rate(1000) },
    });
    expect(result.desiredByState).toBeUndefined();
    expect(nicText.sentence(change)).toBe('receives unlimited → 8 Mbit/s');
  });

  it('a state that no rule asks anything of is told apart from one that is right', () => {
    const [item] = planHost(args([rules[1]!]), facts([domain()])).items;
    expect(item?.result.desiredByState).toEqual({ live: { inbound: rate(2000) }, config: {} });
    expect(nicText.sentence(item!.change)).toBe('receives unlimited → 16 Mbit/s (live only)');
    expect(nicText.diff(item!.change)).toHaveLength(2);
  });
});

describe('a rewrite', () => {
  const want = { inbound: rate(100), outbound: rate(50) };
  const rewrite = (given: HostFacts, limits: DesiredLimits = want) => {
    const [item] = planHost(args([rule({ limits })], { rewrite: true }), given).items;
    return item!.result;
  };

  it('sets what is in force again where all agrees, and leaves the configuration alone', () => {
    const result = rewrite(facts([domain({ live: [nic({ limits: want })] })]));
    expect(result).toMatchObject({
      status: 'pending',
      commands: [`${D} --live --inbound 100 --outbound 50`],
    });
  });

  it('clears again a NIC that is to have no limits', () => {
    const result = rewrite(facts([domain()]), { inbound: null, outbound: null });
    expect(result.commands).toEqual([`${D} --live --inbound 0 --outbound 0`]);
  });

  it('has nothing to do where nothing is in force, or nothing is asked', () => {
    const off = domain({ live: null, config: [nic({ limits: want })] });
    expect(rewrite(facts([off]))).toMatchObject({ status: 'inSync', commands: [] });
    const config = planHost(args([rule({ limits: want, applyTo: 'config' })], { rewrite: true }), {
      ...facts([domain({ live: [nic({ limits: want })] })]),
    });
    expect(config.items[0]?.result).toMatchObject({ status: 'inSync', commands: [] });
  });

  it('has nothing to do on a NIC that cannot be limited and is not to be', () => {
    const user = domain({ live: [nic({ type: 'user' })] });
    const result = rewrite(facts([user]), { inbound: null, outbound: null });
    expect(result).toMatchObject({ status: 'inSync', commands: [] });
  });

  it('on Open vSwitch clears first, since an unchanged OVSDB moves nothing', () => {
    const ovs = nic({ virtualport: 'openvswitch', limits: { inbound: rate(100, 100), outbound: rate(50) } });
    expect(rewrite(facts([domain({ live: [ovs] })])).commands).toEqual([
      `${D} --live --inbound 0 --outbound 0`,
      `${D} --live --inbound 100,100,0 --outbound 50`,
    ]);
  });
});

describe('which sides are written', () => {
  const want = { inbound: rate(100), outbound: rate(50) };
  const had = { inbound: rate(100), outbound: rate(50) };

  it('both at once where both differ', () => {
    const result = only(facts([domain()]), want);
    expect(result.status).toBe('pending');
    expect(result.commands).toEqual([`${D} --live --config --inbound 100 --outbound 50`]);
    expect(result.before).toEqual({ live: NONE, config: NONE });
    expect(result.after).toBeNull();
  });

  it('none where nothing differs', () => {
    const result = only(facts([domain({ live: [nic({ limits: had })] })]), want);
    expect(result).toMatchObject({ status: 'inSync', commands: [] });
  });

  it('live alone where only live drifted', () => {
    const drifted = domain({ live: [nic()], config: [nic({ limits: had })] });
    expect(only(facts([drifted]), want).commands).toEqual([`${D} --live --inbound 100 --outbound 50`]);
  });

  it('config alone where only config drifted', () => {
    const drifted = domain({ live: [nic({ limits: had })], config: [nic()] });
    expect(only(facts([drifted]), want).commands).toEqual([`${D} --config --inbound 100 --outbound 50`]);
  });

  it('config of a VM that is shut off', () => {
    const off = domain({ live: null, config: [nic()] });
    expect(only(facts([off]), want)).toMatchObject({
      commands: [`${D} --config --inbound 100 --outbound 50`],
      before: { live: null, config: NONE },
    });
  });

  it('live of a transient VM', () => {
    const transient = domain({ config: null });
    expect(only(facts([transient]), want)).toMatchObject({
      commands: [`${D} --live --inbound 100 --outbound 50`],
      before: { live: NONE, config: null },
    });
  });

  it('live of a NIC that was hot-plugged, with a note', () => {
    const plugged = domain({ live: [nic()], config: [] });
    const result = only(facts([plugged]), want);
    expect(result.commands).toEqual([`${D} --live --inbound 100 --outbound 50`]);
    expect(result.notes?.[0]).toMatch(/not in the persistent configuration/);
  });

  it('config of a NIC that comes with the next start', () => {
    const coming = domain({ live: [], config: [nic()] });
    const result = only(facts([coming]), want);
    expect(result.commands).toEqual([`${D} --config --inbound 100 --outbound 50`]);
    expect(result.notes?.[0]).toMatch(/not in the running VM/);
  });

  it('only what apply_to says', () => {
    expect(only(facts([domain()]), want, { applyTo: 'live' }).commands).toEqual([
      `${D} --live --inbound 100 --outbound 50`,
    ]);
    expect(only(facts([domain()]), want, { applyTo: 'config' }).commands).toEqual([
      `${D} --config --inbound 100 --outbound 50`,
    ]);
  });

  it('says so where apply_to has nothing to apply to', () => {
    expect(only(facts([domain({ config: null })]), want, { applyTo: 'config' })).toMatchObject({
      status: 'unsupported',
      commands: [],
    });
    const off = domain({ live: null, config: [nic()] });
    const result = only(facts([off]), want, { applyTo: 'live' });
    expect(result).toMatchObject({ status: 'notRunning', commands: [], desired: want });
    expect(result.reason).toMatch(/^nothing is limited: the VM is not running/);
  });

  it('in two steps, config after live, where the sides are to differ', () => {
    const rules = [
      rule({ limits: { inbound: rate(1) }, applyTo: 'live' }),
      rule({ limits: { inbound: rate(2) }, applyTo: 'config' }),
    ];
    const [item] = planHost(args(rules), facts([domain()])).items;
    expect(item?.steps).toHaveLength(2);
    expect(item?.result.commands).toEqual([`${D} --live --inbound 1`, `${D} --config --inbound 2`]);
  });
});

describe('directions', () => {
  it('leaves a direction alone that no rule names', () => {
    const given = facts([domain({ live: [nic({ limits: { inbound: rate(7), outbound: rate(8) } })] })]);
    expect(only(given, { outbound: null }).commands).toEqual([`${D} --live --config --outbound 0`]);
  });

  it('sends average, peak and burst together', () => {
    expect(only(facts([domain()]), { inbound: rate(100, 200, 512) }).commands).toEqual([
      `${D} --live --config --inbound 100,200,512`,
    ]);
    expect(only(facts([domain()]), { inbound: rate(100, 0, 512) }).commands).toEqual([
      `${D} --live --config --inbound 100,0,512`,
    ]);
  });

  it.each([
    ['average', rate(101, 200, 1)],
    ['peak', rate(100, 201, 1)],
    ['burst', rate(100, 200, 2)],
    ['floor', rate(100, 200, 1, 9)],
  ])('writes where %s alone differs', (_field, had) => {
    const given = facts([domain({ live: [nic({ limits: { inbound: had, outbound: null } })] })]);
    expect(only(given, { inbound: rate(100, 200, 1) }).status).toBe('pending');
  });

  it('lets a later rule replace a direction whole, and leave the other', () => {
    const rules = [
      rule({ name: 'first', limits: { inbound: rate(1, 2, 3), outbound: rate(4) } }),
      rule({ name: 'second', limits: { inbound: rate(9) } }),
    ];
    const [item] = planHost(args(rules), facts([domain()])).items;
    expect(item?.result.desired).toEqual({ inbound: rate(9), outbound: rate(4) });
    expect(item?.result.rules.map((r: Reported) => r.name)).toEqual(['first', 'second']);
  });
});

describe('NICs that no rule names', () => {
  const two = facts([
    domain({
      live: [nic(), nic({ mac: '52:54:00:00:00:02', limits: { inbound: rate(5), outbound: null } })],
    }),
  ]);

  it('are counted, not listed', () => {
    const result = planHost(args([rule({ nic: { positions: [1] }, limits: { inbound: rate(1) } })]), two);
    expect(result.total).toBe(2);
    expect(result.items).toHaveLength(1);
  });

  it('are listed on request', () => {
    const result = planHost(args([], { listAll: true }), two);
    expect(result.items.map((item) => item.result.status)).toEqual(['unmanaged', 'unmanaged']);
  });

  it('are cleared with unmatched: unlimited', () => {
    const result = planHost(args([], { unmatched: 'unlimited' }), two);
    expect(result.items.map((item) => item.result.status)).toEqual(['inSync', 'pending']);
    expect(result.items[1]?.result.commands).toEqual([
      `virsh domiftune ${UUID} 52:54:00:00:00:02 --live --config --inbound 0 --outbound 0`,
    ]);
  });
});

describe('what libvirt cannot limit', () => {
  it.each(['user', 'vhostuser', 'hostdev', 'vdpa', 'mcast', 'internal'])('type %s', (type) => {
    const given = facts([domain({ live: [nic({ type })] })]);
    expect(only(given, { inbound: rate(1) })).toMatchObject({ status: 'unsupported', commands: [] });
    expect(only(given, { inbound: null }).status).toBe('inSync');
  });

  it('does not trust equal XML of such a type', () => {
    const given = facts([
      domain({ live: [nic({ type: 'user', limits: { inbound: rate(1), outbound: null } })] }),
    ]);
    expect(only(given, { inbound: rate(1) }).status).toBe('unsupported');
  });

  it('a VM shut off on a network of passed-through devices, which libvirt would accept and not boot', () => {
    const pool = network({ name: 'pool', forward: 'hostdev', actualType: 'hostdev' });
    const off = domain({
      live: null,
      config: [nic({ type: 'network', source: { network: 'pool', portgroup: '', bridge: '', dev: '' } })],
    });
    expect(only(facts([off], [pool]), { inbound: rate(1) })).toMatchObject({
      status: 'unsupported',
      commands: [],
    });
  });
});

describe('floor', () => {
  const floor = { inbound: rate(100, 0, 0, 50) };
  const source = { network: 'net', portgroup: '', bridge: 'virbr1', dev: '' };
  const inNetwork = domain({ live: [nic({ type: 'network', source })] });

  it('is sent for a running NIC in a network with inbound bandwidth', () => {
    expect(only(facts([inNetwork], [network()]), floor).commands).toEqual([
      `${D} --live --config --inbound 100,0,0,50`,
    ]);
  });

  it.each([
    ['a bridge', facts([domain()])],
    ['a network without inbound bandwidth', facts([inNetwork], [network({ hasInboundQos: false })])],
    ['an unknown network', facts([inNetwork])],
    [
      'a VM that is shut off',
      facts([domain({ live: null, config: [nic({ type: 'network', source })] })], [network()]),
    ],
  ])('is refused on %s', (_where, given) => {
    const result = only(given, floor);
    expect(result).toMatchObject({ status: 'refused', commands: [] });
    expect(result.reason).toMatch(/^floor: /);
  });
});

describe('Open vSwitch', () => {
  const ovs = (limits = NONE) => facts([domain({ live: [nic({ virtualport: 'openvswitch', limits })] })]);

  it('sends peak = average where no peak is given, and says so', () => {
    const result = only(ovs(), { inbound: rate(100) });
    expect(result.commands).toEqual([`${D} --live --config --inbound 100,100,0`]);
    expect(result.desired).toEqual({ inbound: rate(100, 100) });
    expect(result.notes?.[0]).toMatch(/peak is set to the average/);
  });

  it('leaves what the VM sends as it is: that is policed at the average', () => {
    const result = only(ovs(), { outbound: rate(100) });
    expect([result.commands, result.notes]).toEqual([[`${D} --live --config --outbound 100`], undefined]);
  });

  it('keeps a peak that is given', () => {
    expect(only(ovs(), { inbound: rate(100, 300) }).commands).toEqual([
      `${D} --live --config --inbound 100,300,0`,
    ]);
  });

  it('clears a direction first whose old burst would stay in OVSDB', () => {
    const limits = { inbound: rate(100, 100, 64), outbound: null };
    const result = only(ovs(limits), { inbound: rate(100) });
    expect(result.commands).toEqual([`${D} --live --inbound 0`, `${D} --live --config --inbound 100,100,0`]);
  });

  it('does not take a tap without virtualport for one', () => {
    expect(only(facts([domain()]), { inbound: rate(100) }).commands[0]).toMatch(/--inbound 100$/);
  });
});

describe('peaks without effect are noted', () => {
  it.each([
    ['bridge', 'outbound', true],
    ['bridge', 'inbound', false],
    ['direct', 'inbound', true],
    ['direct', 'outbound', false],
  ] as const)('%s %s: %s', (type, direction, noted) => {
    const result = only(facts([domain({ live: [nic({ type })] })]), { [direction]: rate(1, 2) });
    expect(result.notes?.some((note: string) => note.includes('has no effect')) ?? false).toBe(noted);
  });
});

describe('portgroups', () => {
  const gold = { inbound: rate(4000), outbound: rate(2000) };
  const net = network({ portgroups: [{ name: 'gold', isDefault: false, limits: gold }] });
  const source = { network: 'net', portgroup: 'gold', bridge: 'virbr1', dev: '' };
  const inherits = domain({
    live: [nic({ type: 'network', source, limits: gold })],
    config: [nic({ type: 'network', source: { ...source, bridge: '' } })],
  });

  it('count as limits of the NIC', () => {
    expect(only(facts([inherits], [net]), gold)).toMatchObject({
      status: 'inSync',
      before: { live: gold, config: gold },
    });
  });

  it('keep the other direction, which libvirt would drop', () => {
    expect(only(facts([inherits], [net]), { inbound: rate(1) }).commands).toEqual([
      `${D} --live --config --inbound 1 --outbound 2000`,
    ]);
  });

  it.each([
    ['that has none any more', [network({ portgroups: [] })], {}],
    ['that its configuration does not name', [net], { portgroup: 'plain' }],
    ['of a network that is gone', [], {}],
  ])('keep what a running NIC got from a portgroup %s', (_, networks, over) => {
    const given = domain({
      live: [nic({ type: 'network', source, limits: gold })],
      config: [nic({ type: 'network', source: { ...source, ...over, bridge: '' } })],
    });
    expect(only(facts([given], networks), { inbound: rate(1) }).commands).toEqual([
      `${D} --live --inbound 1 --outbound 2000`,
      `${D} --config --inbound 1`,
    ]);
  });

  it('are no reason to name what both states have alike', () => {
    const given = domain({
      live: [nic({ type: 'network', source, limits: gold })],
      config: [nic({ type: 'network', source: { ...source, bridge: '' }, limits: gold })],
    });
    expect(only(facts([given], []), { inbound: rate(1) }).commands).toEqual([
      `${D} --live --config --inbound 1`,
    ]);
  });

  it('cannot be overruled by unlimited', () => {
    const result = only(facts([inherits], [net]), { inbound: null, outbound: null });
    expect(result).toMatchObject({ status: 'unsupported', commands: [] });
    expect(result.reason).toMatch(/portgroup "gold"/);
  });

  it('can be overruled in one direction', () => {
    expect(only(facts([inherits], [net]), { inbound: null }).commands).toEqual([
      `${D} --live --config --inbound 0 --outbound 2000`,
    ]);
  });

  it('are taken from the default portgroup where none is named', () => {
    const byDefault = network({ portgroups: [{ name: 'x', isDefault: true, limits: gold }] });
    const given = domain({
      live: null,
      config: [nic({ type: 'network', source: { ...source, portgroup: '', bridge: '' } })],
    });
    expect(only(facts([given], [byDefault]), gold).status).toBe('inSync');
  });

  it('name the default portgroup as it is called', () => {
    const silver = network({ portgroups: [{ name: 'silver', isDefault: true, limits: gold }] });
    const given = domain({
      live: null,
      config: [nic({ type: 'network', source: { ...source, portgroup: '', bridge: '' } })],
    });
    const { reason } = only(facts([given], [silver]), { inbound: null, outbound: null });
    expect(reason).toMatch(/portgroup "silver" of network/);
  });
});

describe('a managed-save image', () => {
  const saved = (over: Partial<Vm> = {}) =>
    domain({ live: null, config: [nic()], managedSave: true, ...over });

  it.each([
    ['pending', rate(5)],
    ['inSync', null],
  ])('is noted where the limits are %s', (status, inbound) => {
    const result = only(facts([saved()]), { inbound });
    expect(result).toMatchObject({ status, domain: { managedSave: true } });
    expect(result.notes).toEqual([expect.stringContaining(`virsh managedsave-remove ${UUID}`)]);
  });
});

describe('ambiguous MACs', () => {
  const twins = (over: Partial<Vm> = {}) =>
    domain({ live: [nic(), nic({ target: 'vnet1', source: { bridge: 'br1' } as never })], ...over });

  it('of two NICs of a VM with one MAC, libvirt changes the first: only the other is refused', () => {
    for (const given of [twins(), twins({ live: null, config: twins().live }), twins({ config: null })]) {
      const [first, second] = plan(facts([given]), { inbound: rate(1) });
      expect(first).toMatchObject({ status: 'pending', commands: [expect.stringContaining(MAC)] });
      expect(first?.notes).toContain(
        'another NIC of this VM has the same MAC; libvirt changes this one, the first',
      );
      expect(second).toMatchObject({
        status: 'ambiguous',
        commands: [],
        reason: `its MAC ${MAC} is also that of nic 1 of this VM, and libvirt would change that one: name it instead`,
      });
    }
  });

  it('however a rule names them', () => {
    const by = (selector: Rule['nic']) =>
      plan(facts([twins()]), { inbound: rate(1) }, { nic: selector }).map((r: Reported) => [
        r.subject.index,
        r.status,
      ]);
    expect(by({ positions: [1] })).toEqual([[1, 'pending']]);
    expect(by({ mac: MAC })).toEqual([[1, 'pending']]);
    expect(by({ target: 'vnet0' })).toEqual([[1, 'pending']]);
    expect(by({ positions: [2] })).toEqual([[2, 'ambiguous']]);
    expect(by({ bridge: 'br1' })).toEqual([[2, 'ambiguous']]);
    expect(by({ mac: MAC, target: 'vnet1' })).toEqual([]);
  });

  it('a teaming pair: the second, a passed-through device, is never in the way', () => {
    const pair = [nic(), nic({ type: 'hostdev', target: '', source: { bridge: '' } as never })];
    const given = facts([domain({ live: null, config: pair })]);
    const first = only(given, { inbound: rate(1) }, { nic: { positions: [1] } });
    expect(first).toMatchObject({ status: 'pending' });
    expect(plan(given, { inbound: rate(1) }).map((r: Reported) => r.status)).toEqual([
      'pending',
      'unsupported',
    ]);
  });

  it('and none is written where the two states have different numbers of them', () => {
    const plugged = domain({ live: [nic({ target: 'vnet1' })], config: [nic(), nic()] });
    const results = plan(facts([plugged]), { inbound: rate(1) });
    expect(results.map((r: Reported) => [r.status, r.commands])).toEqual([
      ['ambiguous', []],
      ['ambiguous', []],
    ]);
    expect(results[0]?.reason).toMatch(/not as many in the running VM as in its persistent/);
  });

  it('a rule by MAC that names NICs of two VMs', () => {
    const other = domain({ uuid: '11111111-f6a4-8304-79aa-97f2502e193f', name: 'clone' });
    const given = facts([domain(), other]);
    const results = plan(given, { inbound: rate(1) }, { nic: { mac: MAC } });
    expect(results.map((r: Reported) => r.status)).toEqual(['ambiguous', 'ambiguous']);
    const one = plan(
      given,
      { inbound: rate(1) },
      {
        nic: { mac: MAC },
        domain: { include: ['clone'], exclude: [], literal: false },
      },
    );
    expect(one.map((r: Reported) => r.status)).toEqual(['pending']);
  });
});
