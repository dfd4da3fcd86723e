import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DirectionLimit, Limits, Rate } from '../../../src/facts/bandwidth.ts';
import type { Network } from '../../../src/facts/networks.ts';
import type { Nic } from '../../../src/facts/nics.ts';
import type { HostFacts } from '../../../src/model/facts.ts';
import { parseArgs } from '../../../src/modules/nic_limits/args.ts';
import {
  domainNics,
  isUnlimited,
  sameRate,
  supportsLimits,
} from '../../../src/modules/nic_limits/domain_nic.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import type { ScannedHost } from '../../../src/scan/rules.ts';
import { scanHosts } from '../../../src/scan/scan.ts';
import { scanYaml } from '../../../src/scan/yaml.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { sweep } from '../../sweep.ts';
import { domain, facts, network, nic, planHost, rate, vm as toVm, type Vm } from './build.ts';

const head = { pattern: 'all', hosts: ['hv01'], unread: [], at: 'now' };

/** What scan writes, without its comments. */
function written(hosts: readonly ScannedHost[]): string {
  const lines = scanYaml([{ module: 'nic_limits', ...scanHosts(nicLimits, hosts) }], head).split('\n');
  return lines.filter((line) => !line.startsWith('#') && line !== '').join('\n');
}

const limited = (inbound: DirectionLimit, outbound: DirectionLimit = null): Limits => ({ inbound, outbound });
const host = (name: string, domains: readonly Vm[], networks: readonly Network[] = []): ScannedHost => ({
  name,
  facts: facts(domains, networks),
});
const uuid = (n: number) => `aaaaaaaa-0000-4000-8000-${String(n).padStart(12, '0')}`;
const mac = (n: number) => `52:54:00:00:00:0${n}`;

describe('the rules of a scan', () => {
  it('are one for a VM whose NICs are alike, and one for all VMs that are alike', () => {
    const vm = (n: number) =>
      domain({
        uuid: uuid(n),
        name: `web-0${n}`,
        live: [nic({ limits: limited(rate(12_500)) }), nic({ mac: mac(2), limits: limited(rate(12_500)) })],
      });
    expect(written([host('hv01', [vm(1), vm(2)]), host('hv02', [vm(3)])])).toBe(
      [
        'nic_limits:',
        '  - name: web-01 and 2 more as found',
        '    domain:',
        '      - web-01',
        '      - web-02',
        '      - web-03',
        '    inbound: 100 Mbit/s',
      ].join('\n'),
    );
  });

  it('leave out what libvirt cannot limit by what that is', () => {
    const vm = (n: number, others: readonly string[]) =>
      domain({
        uuid: uuid(n),
        name: `web-0${n}`,
        live: [
          nic({ limits: limited(rate(12_500)) }),
          ...others.map((type, i) => nic({ mac: mac(i + 2), type, target: '' })),
        ],
      });
    const rules = (others: readonly string[]) => written([host('hv01', [vm(1, others)])]);
    expect(rules(['vhostuser'])).toContain(
      '  - name: nic not vhostuser of web-01 as found\n    domain: web-01\n    nic: { type: "!vhostuser" }\n',
    );
    expect(rules(['vhostuser', 'hostdev', 'vhostuser'])).toContain(
      '    nic: { type: ["!hostdev", "!vhostuser"] }\n',
    );
    expect(rules(['vhostuser', 'bridge'])).toContain('\n    nic: 1\n');
    expect(rules(['not-a-type'])).toContain('\n    nic: 1\n');
  });

  it('keep rates above 34 Gbit/s, and the setInterface form of them', () => {
    const cut = rate(5_000_000, 5_000_000, 4_194_303);
    const vm = (n: number, inbound: Rate, outbound: Rate) =>
      domain({ uuid: uuid(n), name: `web-0${n}`, live: [nic({ limits: { inbound, outbound } })] });
    const vms = [vm(1, rate(8_388_480), rate(4_294_967_295)), vm(2, cut, cut)];
    expect(written([host('hv01', vms)])).toBe(
      [
        'nic_limits:',
        '  - name: web-01 as found',
        '    domain: web-01',
        '    inbound: 67107.84 Mbit/s',
        '    outbound: 34359.73836 Gbit/s',
        '  - name: web-02 as found',
        '    domain: web-02',
        '    rate: 40 Gbit/s',
      ].join('\n'),
    );
  });

  it('name positions where NICs differ, and keep every number', () => {
    const live = [
      nic({ limits: limited(rate(12_500, 12_500, 12_500), rate(12_500, 12_500, 12_500)) }),
      nic({ mac: mac(2), limits: limited(rate(125_000, 250_000, 65_536), rate(1)) }),
      nic({ mac: mac(3) }),
    ];
    expect(written([host('hv01', [domain({ live })])])).toBe(
      [
        'nic_limits:',
        '  - name: nic 1 of web-01 as found',
        '    domain: web-01',
        '    nic: 1',
        '    rate: 100 Mbit/s',
        '  - name: nic 2 of web-01 as found',
        '    domain: web-01',
        '    nic: 2',
        '    inbound: { average: 1 Gbit/s, peak: 2 Gbit/s, burst: 64 MiB }',
        '    outbound: 8 kbit/s',
      ].join('\n'),
    );
  });

  it('tell the states apart where these differ', () => {
    const vm = domain({
      live: [nic({ limits: limited(rate(100), rate(7)) })],
      config: [nic({ limits: limited(rate(200), rate(7)) })],
    });
    expect(
      written([host('hv01', [vm])])
        .split('\n')
        .slice(1),
    ).toEqual([
      '  - name: web-01 as found',
      '    domain: web-01',
      '    outbound: 56 kbit/s',
      '  - name: web-01 as found (live only)',
      '    domain: web-01',
      '    inbound: 800 kbit/s',
      '    apply_to: live',
      '  - name: web-01 as found (persistent only)',
      '    domain: web-01',
      '    inbound: 1.6 Mbit/s',
      '    apply_to: config',
    ]);
  });

  it.each([
    'web-[1]',
    'a*',
    '!x',
    '',
    '{{ secret }}',
    'a\nb',
    '6695eb01-f6a4-8304-79aa-97f2502e193f',
    'x\u202ey',
  ])('name a VM by its UUID where its name %j means something else', (name) => {
    const vm = domain({ uuid: uuid(1), name, live: [nic({ limits: limited(rate(100)) })] });
    expect(written([host('hv01', [vm])])).toContain(`    domain: ${uuid(1)} # `);
  });

  it.each([
    'yes',
    '1',
    '1e3',
    '0x1f',
    'null',
    'a: b',
    'a #b',
    "it's",
    'ünï',
    '12:30:45',
    '~',
    '2026-11-22',
    'a, b',
    '- a',
  ])('quote the name %j as YAML needs it', (name) => {
    const vm = domain({ name, live: [nic({ limits: limited(rate(100)) })] });
    const { value } = parseYaml(
      scanYaml([{ module: 'nic_limits', ...scanHosts(nicLimits, [host('hv01', [vm])]) }], head),
      'x.yml',
    );
    expect((value as { nic_limits: { domain: string }[] }).nic_limits[0]?.domain).toBe(name);
  });

  it('name VMs of one name with different limits by UUID', () => {
    const vm = (n: number, limit: Rate | null) =>
      domain({ uuid: uuid(n), live: [nic({ limits: limited(limit) })] });
    expect(written([host('hv01', [vm(1, rate(100))]), host('hv02', [vm(2, null)])])).toContain(
      `    domain: ${uuid(1)} # web-01 on hv01`,
    );
  });

  it('leave out what a portgroup gives', () => {
    const gold = limited(rate(40), rate(20));
    const net = network({ portgroups: [{ name: 'gold', isDefault: true, limits: gold }] });
    const source = { network: 'net', portgroup: '', bridge: '', dev: '' };
    const vm = domain({
      live: [nic({ type: 'network', source, limits: gold })],
      config: [nic({ type: 'network', source })],
    });
    expect(written([host('hv01', [vm], [net])])).toBe('nic_limits: []');
  });

  it('say in a comment what they cannot keep, and why', () => {
    const text = scanYaml(
      [
        {
          module: 'nic_limits',
          ...scanHosts(nicLimits, [
            host('hv01', [
              domain({
                name: 'user',
                uuid: uuid(1),
                live: [nic({ type: 'user', limits: limited(rate(1)) })],
              }),
              domain({
                name: 'ovs',
                uuid: uuid(2),
                live: [nic({ virtualport: 'openvswitch', limits: limited(rate(1)) })],
              }),
              domain({ name: 'huge', uuid: uuid(3), live: [nic({ limits: limited(rate(2 ** 40)) })] }),
              domain({ name: 'twice', uuid: uuid(4), live: [nic({ limits: limited(rate(1)) })] }),
            ]),
            host('hv02', [domain({ name: 'twice', uuid: uuid(4), live: [nic()] })]),
          ]),
        },
      ],
      { ...head, unread: [{ name: 'hv03', error: 'gone\x1b[2J' }] },
    );
    expect(text).toContain('# NOT READ: hv03: gone\\x1b[2J');
    expect(text).toContain('#   hv01 user nic 1: libvirt shows limits, but cannot limit a NIC of type user');
    expect(text).toContain('#   hv01 ovs nic 1: on Open vSwitch its average without a peak limits nothing');
    expect(text).toContain('#   hv01 huge nic 1: it has values that');
    expect(text).toContain('#   hv01 twice: another host has a VM of the same UUID');
    expect(text).toContain('nic_limits: []');
  });
});

describe('whatever hosts have', { timeout: 60_000 }, () => {
  const value = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.constantFrom(12_500, 12_345, 4_294_967, 2 ** 33));
  const rates = fc.record({
    average: fc.oneof({ weight: 9, arbitrary: value }, { weight: 1, arbitrary: fc.constant(0) }),
    peak: fc.oneof(fc.constant(0), value),
    burst: fc.oneof(fc.constant(0), value, fc.constantFrom(4_194_303, 4_194_304, 65_536)),
    floor: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: value }),
  });
  const limit = fc.option(rates.map((r): Rate | null => (r.average === 0 && r.floor === 0 ? null : r)));
  const limits: fc.Arbitrary<Limits> = fc.record({ inbound: limit, outbound: limit });
  const networks = [
    network({
      name: 'net',
      portgroups: [{ name: 'gold', isDefault: false, limits: limited(rate(40), rate(20)) }],
    }),
    network({ name: 'pool', forward: 'hostdev', actualType: 'hostdev' }),
  ];
  const source = fc.constantFrom(
    { network: '', portgroup: '', bridge: 'br0', dev: '' },
    { network: 'net', portgroup: '', bridge: '', dev: '' },
    { network: 'net', portgroup: 'gold', bridge: '', dev: '' },
    { network: 'pool', portgroup: '', bridge: '', dev: '' },
    { network: 'unknown', portgroup: '', bridge: '', dev: '' },
  );
  const anyNic = fc
    .record({
      mac: fc.integer({ min: 0, max: 4 }).map(mac),
      type: fc.constantFrom('bridge', 'bridge', 'direct', 'user'),
      virtualport: fc.constantFrom('', '', '', 'openvswitch'),
      source,
      state: fc.oneof(
        limits.map((both) => [both, both] as const),
        fc.tuple(limits, limits),
        limits.map((one) => [one, null] as const),
        limits.map((one) => [null, one] as const),
      ),
    })
    .map(({ state: [live, config], type, source: where, ...base }) => {
      const make = (own: Limits | null): Nic | null =>
        own === null
          ? null
          : nic({ ...base, source: where, type: where.network === '' ? type : 'network', limits: own });
      return { live: make(live), config: make(config) };
    });
  const vm: fc.Arbitrary<Vm> = fc
    .record({
      uuid: fc.integer({ min: 1, max: 6 }).map(uuid),
      name: fc.oneof(
        fc.constantFrom(
          'web-01',
          'web-02',
          'web-*',
          'db [1]',
          uuid(1),
          uuid(2).toUpperCase(),
          'yes',
          '!a',
          '{{ a }}',
        ),
        // libvirt gives names in XML, which holds no other characters.
        fc
          .string({ unit: 'binary', maxLength: 4 })
          .filter((name) => /^[\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(name)),
      ),
      running: fc.boolean(),
      persistent: fc.boolean(),
      nics: fc.array(anyNic, { maxLength: 3 }),
    })
    .map(({ running, persistent, nics, ...base }) =>
      toVm({
        ...base,
        title: '',
        state: running || !persistent ? ('running' as const) : ('shutoff' as const),
        persistent,
        nova: null,
        live: running || !persistent ? nics.flatMap((nic) => nic.live ?? []) : null,
        config: persistent ? nics.flatMap((nic) => nic.config ?? []) : null,
      }),
    );
  const fleet = fc
    .array(fc.uniqueArray(vm, { maxLength: 4, selector: (d) => d.uuid }), { minLength: 1, maxLength: 3 })
    .map((hosts) => hosts.map((domains, i) => host(`hv0${i}`, domains, networks)));

  /** Back through the text, as a run reads it. */
  function readBack(hosts: readonly ScannedHost[]) {
    const scan = scanHosts(nicLimits, hosts);
    const { value, diagnostics } = parseYaml(scanYaml([{ module: 'nic_limits', ...scan }], head), 'scan.yml');
    expect(diagnostics).toEqual([]);
    const { args, diagnostics: found } = parseArgs({ rules: (value as { nic_limits: unknown }).nic_limits });
    expect(found.filter((d) => d.severity === 'error')).toEqual([]);
    // Advice on what is there is welcome, but the rules of a scan are never in each other's way.
    expect(found.filter((d) => /never win|says what/.test(d.message))).toEqual([]);
    return { scan, args: args! };
  }

  const own = (limits: Limits | undefined | null) =>
    limits !== undefined && limits !== null && !isUnlimited(limits);

  it('a scan written, read and run changes nothing', () => {
    fc.assert(
      fc.property(fleet, (hosts) => {
        const { args } = readBack(hosts);
        for (const one of hosts) {
          for (const item of planHost(args, one.facts).items) {
            expect(item.steps).toEqual([]);
            expect(item.result.status).toBe('inSync');
          }
        }
      }),
      sweep(1500, 25),
    );
  });

  it('and keeps every limit that it does not name as left out', () => {
    const runs = sweep(1500, 25);
    let kept = 0;
    fc.assert(
      fc.property(fleet, (hosts) => {
        const { scan, args } = readBack(hosts);
        for (const { name, facts: read } of hosts) {
          const items = planHost(args, read).items;
          for (const nic of (read as HostFacts).domains.flatMap((d) => domainNics(d, networks))) {
            const left = scan.left.some((l) => l.host === name && l.domain === nic.domain.name);
            const inherits =
              nic.inherited !== null &&
              !own(nic.config?.limits) &&
              (nic.live === null ||
                (sameRate(nic.live.limits.inbound, nic.inherited.inbound) &&
                  sameRate(nic.live.limits.outbound, nic.inherited.outbound)));
            if (left || inherits || !supportsLimits(nic)) continue;
            const item = items.find(
              (i) => i.nic.domain === nic.domain && i.nic.mac === nic.mac && i.nic.index === nic.index,
            );
            for (const direction of ['inbound', 'outbound'] as const) {
              for (const side of ['live', 'config'] as const) {
                const has = nic[side]?.limits[direction] ?? null;
                if (has === null || (side === 'config' && !own(nic.config?.limits))) continue;
                kept++;
                expect(item?.wanted[side][direction]).toEqual(has);
              }
            }
          }
        }
      }),
      runs,
    );
    expect(kept).toBeGreaterThan(runs.numRuns / 3);
  });
});
