import { describe, expect, it } from 'vitest';
import { networksFact } from '../../../src/facts/networks.ts';
import { nicsFact } from '../../../src/facts/nics.ts';
import { parseOvs } from '../../../src/facts/ovs.ts';
import { parseTc } from '../../../src/facts/tc.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { recorded } from '../facts/tc_recorded.ts';
import { described, planRules } from './of_module.ts';

/** What a real kernel showed, beside what libvirt describes. */

const OVS = "<virtualport type='openvswitch'/>";

interface Nic {
  readonly inbound?: string;
  readonly outbound?: string;
  readonly type?: string;
  readonly more?: string;
  readonly mac?: string;
  readonly target?: string;
}

const domainWith = ({
  inbound = '',
  outbound = '',
  type = 'bridge',
  more = '',
  mac = '01',
  target = 'vnet4',
}: Nic) => {
  const side = (name: string, text: string) => {
    if (text === '') return '';
    const [average, peak, burst] = text.split(',');
    return `<${name} average='${average}'${peak ? ` peak='${peak}'` : ''}${burst ? ` burst='${burst}'` : ''}/>`;
  };
  const bandwidth = `<bandwidth>${side('inbound', inbound)}${side('outbound', outbound)}</bandwidth>`;
  return described(
    [nicsFact],
    `<devices><interface type='${type}'><mac address='52:54:00:cc:00:${mac}'/><source bridge='br0'/>${more}${bandwidth}<target dev='${target}'/></interface></devices>`,
  );
};

const partsOf = (said: string) => ({ [networksFact.name]: [], tc: parseTc(said) });

const VM = '0c01afaa-ba01-4a2d-8308-51b2493e7069';

/** Rows of a port as libvirt has made them for 1000,2000,500 and 3000,4000,600, and what somebody did to them. */
const rows = (vm: string, change: (text: string) => string = (text) => text) =>
  `ok\n${change(
    [
      '{"data":[["vnet5",24000,4800]],"headings":["name","ingress_policing_rate","ingress_policing_burst"]}',
      '{"data":[["vnet5",["uuid","q"]]],"headings":["name","qos"]}',
      `{"data":[[["uuid","q"],"linux-htb",["map",[["burst","4096000"],["max-rate","16000000"],["min-rate","8000000"]]],["map",[[0,["uuid","r"]]]],["map",[["ifname","vnet5"],["vm-id","${vm}"]]]]],"headings":["_uuid","type","other_config","queues","external_ids"]}`,
      '{"data":[[["uuid","r"],["map",[["burst","4096000"],["max-rate","16000000"],["min-rate","8000000"]]]]],"headings":["_uuid","other_config"]}',
    ].join('\n'),
  )}\n`;

const seen = (said: string, nic: Nic) => {
  const [found] = nicLimits.find({ domains: [domainWith(nic)], unreadable: [], parts: partsOf(said) });
  return found?.kernel;
};

/** The numbers of the kernel, a direction each, and how it differs. */
const verdict = (name: string, nic: Nic) => {
  const kernel = seen(recorded(name), nic);
  const side = (direction: string) =>
    ['average', 'peak', 'burst'].map((field) => kernel?.values?.[`${direction}.${field}`] ?? 0).join();
  return [
    side('inbound'),
    side('outbound'),
    ...(kernel?.drift ?? []).map(({ kind, text }) => `${kind} ${text}`),
  ];
};

const DECLARED = { inbound: '1000,2000,500', outbound: '3000,4000,600' };
const OUT = 'outbound: the kernel limits nothing';
const LIBVIRT_IN = 'libvirt describes 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB';
const LIBVIRT_OUT = 'libvirt describes 24 Mbit/s, peak 32 Mbit/s, burst 600 KiB';

describe('what the kernel does, beside what libvirt describes', () => {
  it.each<[string, string, string]>([
    ['rates 12345 4321', '12345,12345,4321', '12345,0,4321'],
    ['rates 123457 1', '123457,123457,1', '123457,0,1'],
    ['rates 1250000 999', '1250000,1250000,999', '1250000,0,999'],
    ['rates 12500 12501', '12500,12500,12501', '12500,0,12501'],
    ['rates 5000000 4194303', '5000000,5000000,4194303', '5000000,0,4194303'],
    // More than the kernel can count: it has another burst, however often it is set.
    ['rates 10240 4194303', '10240,10240,1445524', '10240,0,1445524'],
  ])('the same: %s', (name, inbound, outbound) => {
    const [, average, burst] = name.split(' ');
    const both = `${average},${average},${burst}`;
    expect(verdict(name, { inbound: both, outbound: both })).toEqual([inbound, outbound]);
    const other = `${average},${average},${Number(burst) + 3000}`;
    expect(verdict(name, { inbound: other, outbound: both })).toHaveLength(3);
    expect(verdict(name, { inbound: `${Number(average) + 200}`, outbound: both })[2]).toMatch(
      /^differs inbound/,
    );
  });

  it('a burst that nobody has given is not compared, but what passes in a second is', () => {
    const nic = { inbound: '1250001', outbound: '123' };
    expect(verdict('rates 1250001', nic)).toEqual(['1250001,0,0', '123,0,0']);
    expect(verdict('rates 1250001', { ...nic, outbound: '123,,200' })[2]).toBe(
      'differs outbound: the kernel limits to 984 kbit/s, burst 123 KiB; libvirt describes 984 kbit/s, burst 200 KiB',
    );
  });

  it.each<[string, readonly string[]]>([
    ['root-deleted', ['0,0,0', '3000,0,600', `missing inbound: the kernel limits nothing; ${LIBVIRT_IN}`]],
    ['ingress-deleted', ['1000,2000,500', '0,0,0', `missing ${OUT}; ${LIBVIRT_OUT}`]],
    [
      'half',
      [
        '0,0,0',
        '0,0,0',
        `half inbound: the kernel limits nothing, its queue has no class; ${LIBVIRT_IN}`,
        `half ${OUT}, its filter is missing; ${LIBVIRT_OUT}`,
      ],
    ],
    [
      'changed',
      ['500,0,2', '3000,0,600', `differs inbound: the kernel limits to 4 Mbit/s, burst 2 KiB; ${LIBVIRT_IN}`],
    ],
    [
      'foreign-root',
      [
        '0,0,0',
        '0,0,0',
        `missing inbound: the kernel limits nothing; ${LIBVIRT_IN}`,
        `missing ${OUT}; ${LIBVIRT_OUT}`,
        'foreign the kernel has what libvirt did not set: cake',
      ],
    ],
  ])('not the same: %s', (name, expected) => expect(verdict(name, DECLARED)).toEqual(expected));

  it.each<[string, readonly string[]]>([
    ['cleared', []],
    ['all-deleted', []],
    [
      'half',
      [
        'leftover inbound: half of a limit is left in the kernel, its queue has no class',
        'leftover outbound: half of a limit is left in the kernel, its filter is missing',
      ],
    ],
    ['foreign-root', ['foreign the kernel has what libvirt did not set: cake']],
    [
      'foreign-fq-clsact',
      [
        'foreign the kernel has what libvirt did not set: fq',
        'foreign the kernel has what libvirt did not set: clsact',
      ],
    ],
    ['neutron-linuxbridge', ['foreign the kernel has what libvirt did not set: filter basic']],
    [
      'rates 12500 12501',
      [
        'leftover inbound: the kernel limits to 100 Mbit/s, burst 12501 KiB, which libvirt does not describe',
        'leftover outbound: the kernel limits to 100 Mbit/s, burst 12501 KiB, which libvirt does not describe',
      ],
    ],
    // A tap that Open vSwitch has for itself, where libvirt knows only of a bridge.
    [
      'ovs',
      [
        'foreign the kernel has what libvirt did not set: queues of Open vSwitch',
        'foreign the kernel has what libvirt did not set: filter matchall',
      ],
    ],
  ])('without limits in libvirt: %s', (name, drift) => {
    const nic = name === 'ovs' ? { target: 'vnet5', mac: '02' } : {};
    expect(verdict(name, nic).slice(2)).toEqual(drift);
  });

  it('on macvtap the other way round', () => {
    const nic = { ...DECLARED, type: 'direct', target: 'macvtap0', mac: '03' };
    expect(verdict('macvtap', nic)).toEqual(['1000,0,500', '3000,4000,600']);
    expect(verdict('macvtap', { ...nic, type: 'ethernet' })).toHaveLength(4);
  });

  it('on Open vSwitch', () => {
    const nic = { ...DECLARED, more: OVS, target: 'vnet5', mac: '02' };
    expect(verdict('ovs', nic)).toEqual(['1000,2000,500', '3000,0,600']);
    // A peak that libvirt has dropped and Open vSwitch has kept.
    expect(verdict('ovs', { ...nic, inbound: '1000,1000' })[2]).toBe(
      'differs inbound: the kernel limits to 8 Mbit/s, peak 16 Mbit/s; libvirt describes 8 Mbit/s, peak 8 Mbit/s',
    );
    // Whose it is cannot be told: Neutron's looks the same.
    expect(verdict('ovs', { ...nic, inbound: '', outbound: '' }).slice(2)).toEqual([
      'foreign inbound: the kernel limits to 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB, which Open vSwitch was not told by libvirt',
      'foreign outbound: the kernel limits to 24 Mbit/s, burst 600 KiB, which Open vSwitch was not told by libvirt',
    ]);
  });

  it("by rows of Open vSwitch's database, which its queues only follow", () => {
    const nic = { ...DECLARED, more: OVS, target: 'vnet5', mac: '02' };
    const { uuid } = domainWith(nic);
    const told = (said: string | null, tc: string, over: Nic = {}) => {
      const parts = { ...partsOf(tc), ovs: parseOvs(said) };
      const [found] = nicLimits.find({ domains: [domainWith({ ...nic, ...over })], unreadable: [], parts });
      const { drift = [], unknown } = found?.kernel ?? {};
      return [
        ...drift.map(({ kind, text }) => `${kind} ${text}`),
        ...(unknown === undefined ? [] : [unknown]),
      ];
    };
    const whole = recorded('ovs');
    const DB = "Open vSwitch's database";
    expect(told(rows(uuid), whole)).toEqual([]);
    // Without tc the rows are known all the same.
    expect(told(rows(uuid), 'absent')).toEqual(['tc was not found on the host']);
    const bare = (text: string) =>
      text
        .replace('24000,4800', '0,0')
        .replace('["uuid","q"]]],"headings":["name"', '["set",[]]]],"headings":["name"');
    const none = [
      `missing inbound: ${DB} has no limit; ${LIBVIRT_IN}`,
      `missing outbound: ${DB} has no limit; ${LIBVIRT_OUT}`,
    ];
    expect(told(rows(uuid, bare), whole)).toEqual(none);
    expect(told(rows(uuid, bare), 'absent')).toEqual([...none, 'tc was not found on the host']);
    // Of a NIC without limits nothing is missing.
    expect(told(rows(uuid, bare), 'absent', { inbound: '', outbound: '' })).toEqual([
      'tc was not found on the host',
    ]);
    // Keys that libvirt has left there.
    expect(told(rows(uuid), whole, { inbound: '1000', outbound: '3000' })).toEqual([
      `differs inbound: ${DB} has 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB; libvirt describes 8 Mbit/s`,
      `differs outbound: ${DB} has 24 Mbit/s, burst 600 KiB; libvirt describes 24 Mbit/s`,
    ]);
    // One of the two rows alone.
    expect(
      told(
        rows(uuid, (text) => text.replace('["min-rate","8000000"]', '["min-rate","9000000"]')),
        whole,
      ),
    ).toEqual([`differs inbound: ${DB} has 9 Mbit/s, peak 16 Mbit/s, burst 500 KiB; ${LIBVIRT_IN}`]);
    expect(
      told(
        rows(uuid, (text) => text.replace('[[0,["uuid","r"]]]', '[]')),
        whole,
      ),
    ).toEqual([`half inbound: the QoS has no queue in ${DB}; ${LIBVIRT_IN}`]);
    expect(told(rows(uuid), whole, { inbound: '', outbound: '' })).toEqual([
      `leftover inbound: ${DB} still has 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB, which libvirt does not describe`,
      `foreign outbound: ${DB} polices to 24 Mbit/s, burst 600 KiB, which libvirt does not describe`,
    ]);
    expect(told(rows(VM), whole)).toEqual([
      `foreign inbound: ${DB} has a QoS that libvirt did not make, of the type linux-htb: 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB`,
    ]);
    expect(told('absent', whole)).toEqual(['ovs-vsctl was not found on the host']);
    expect(told('ok', whole)).toEqual(["Open vSwitch's database has no port of the NIC's device"]);
    // Other NICs are none of its business.
    const bridge = { more: '', mac: '01', target: 'vnet4' };
    expect(
      told('absent', recorded('rates 1250001'), { ...bridge, inbound: '1250001', outbound: '123' }),
    ).toEqual([]);
  });

  it('never guesses', () => {
    const unknown = (said: string, nic: Nic = {}) => seen(said, { ...DECLARED, ...nic });
    expect(unknown('absent\n')).toEqual({ values: null, drift: [], unknown: 'tc was not found on the host' });
    expect(unknown('ok\n')?.unknown).toMatch(/does not list the device/);
    expect(unknown(recorded('changed'), { mac: '07' })?.unknown).toMatch(/another MAC/);
    expect(unknown(recorded('changed'), { mac: '07', type: 'ethernet' })?.unknown).toBeUndefined();
    expect(unknown(recorded('changed'), { type: 'user' })).toBeUndefined();
    const macvtap = { type: 'direct', target: 'macvtap0' };
    expect(unknown(recorded('macvtap'), { ...macvtap, mac: '07' })?.unknown).toMatch(/another MAC/);
    expect(unknown(recorded('macvtap'), { ...macvtap, mac: '03' })?.unknown).toBeUndefined();
    // udev's own.
    const byUdev = recorded('changed').replace('fe:54:00:cc:00:01', '72:08:84:ec:e5:69');
    expect(unknown(byUdev)?.unknown).toBeUndefined();
    expect(unknown(byUdev.replace(/^link .*\n/m, ''))?.unknown).toMatch(/another MAC/);
  });
});

describe('what is done about it', () => {
  const plan = (name: string, rule: string, nic: Nic, over: object = {}) => {
    const [change] = planRules(
      nicLimits,
      [`- { domain: "*", ${rule} }`],
      [domainWith(nic)],
      { kernel: true, ...over },
      partsOf(recorded(name)),
    );
    return { ...change!, said: [change!.status, ...change!.commands] };
  };
  const RULE =
    'inbound: { average: 1000, peak: 2000, burst: 500 }, outbound: { average: 3000, peak: 4000, burst: 600 }';
  const SET = 'virsh domiftune U 52:54:00:cc:00:01 --live --inbound 1000,2000,500 --outbound 3000,4000,600';

  it.each(['root-deleted', 'ingress-deleted', 'half', 'changed'])('%s is set again', (name) => {
    const { said, sentence, change, diff } = plan(name, RULE, DECLARED);
    expect(said).toEqual(['pending', SET]);
    expect(sentence).toMatch(/^set again: receives at most 8 Mbit\/s/);
    const texts = change.kernel?.drift.map(({ text }) => text) ?? [];
    expect(change.notes).toEqual(expect.arrayContaining(texts));
    expect(diff.some((line) => /^- (in|out)bound +kernel /.test(line))).toBe(true);
    expect(plan(name, RULE, DECLARED, { kernel: false }).said).toEqual(['inSync']);
  });

  it('what is as described is left alone', () => {
    const nic = { inbound: '12500,12500,12501', outbound: '12500,12500,12501' };
    const rule = 'inbound: { average: 12500, peak: 12500, burst: 12501 }';
    const { said, change } = plan('rates 12500 12501', rule, nic);
    expect(said).toEqual(['inSync']);
    expect(change.settings.map(({ kernel }) => kernel)).toEqual([
      12_500,
      12_500,
      12_501,
      null,
      12_500,
      null,
      12_501,
      null,
    ]);
  });

  it('what is left over is cleared', () => {
    const { said } = plan('rates 12500 12501', 'rate: unlimited', {});
    expect(said).toEqual(['pending', 'virsh domiftune U 52:54:00:cc:00:01 --live --inbound 0 --outbound 0']);
  });

  it('a direction that no rule names is told, and not set', () => {
    const { said, change } = plan(
      'ingress-deleted',
      'inbound: { average: 1000, peak: 2000, burst: 500 }',
      DECLARED,
    );
    expect(said).toEqual(['inSync']);
    expect(change.notes?.[0]).toMatch(/^outbound: the kernel limits nothing/);
  });

  it('on Open vSwitch it is cleared first, since the same once more does nothing', () => {
    const nic = { ...DECLARED, more: OVS, target: 'vnet5', mac: '02', inbound: '1000,1000' };
    const { said } = plan('ovs', 'inbound: 1000, outbound: { average: 3000, peak: 4000, burst: 600 }', nic);
    expect(said).toEqual([
      'pending',
      'virsh domiftune U 52:54:00:cc:00:02 --live --inbound 0 --outbound 0',
      'virsh domiftune U 52:54:00:cc:00:02 --live --inbound 1000,1000,0 --outbound 3000,4000,600',
    ]);
  });

  it.each(['foreign-root', 'foreign-fq-clsact', 'neutron-linuxbridge'])(
    '%s is never taken away unasked',
    (name) => {
      const wanted = plan(name, 'rate: 1000', {});
      expect(wanted.said).toEqual(['refused']);
      expect(wanted.reason).toMatch(/^the kernel has what libvirt did not set: .* or run with --rewrite/);
      expect(plan(name, RULE, DECLARED).said).toEqual(['refused']);
      const rewritten = plan(name, RULE, DECLARED, { rewrite: true });
      expect(rewritten.said).toEqual(['pending', SET]);
      // Nothing is to be written: it is named.
      const unlimited = plan(name, 'rate: unlimited', {});
      expect(unlimited.said).toEqual(['inSync']);
      expect(unlimited.change.notes?.[0]).toMatch(/^the kernel has what libvirt did not set/);
      expect(plan(name, 'rate: 1000, apply_to: config', {}).status).toBe('pending');
    },
  );
});
