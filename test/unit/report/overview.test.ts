import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Limits } from '../../../src/facts/bandwidth.ts';
import type { Change } from '../../../src/model/change.ts';
import type { HostResult } from '../../../src/model/result.ts';
import { moduleNamed } from '../../../src/modules/index.ts';
import { groupChanges, hasNews, isWritten } from '../../../src/report/groups.ts';
import { overview } from '../../../src/report/overview.ts';
import { linesOf } from '../../../src/report/parts.ts';
import { hostLines } from '../../../src/report/text.ts';
import { sweep } from '../../sweep.ts';
import { blockWith } from '../docs/blocks.ts';
import { NONE, rate } from '../modules/build.ts';
import { change as anyChange, host as anyHost, settings } from './arbitrary.ts';

const BRIEF = {
  check: true,
  diff: false,
  verbose: false,
  columns: undefined,
  paint: (_: unknown, text: string) => text,
};

const same = (limit: Limits['inbound']): Limits => ({ inbound: limit, outbound: limit });
const WEB = same(rate(12_500, 12_500, 12_500));
const RULE = { name: 'web tier', file: 'compute.yml', line: 5 };

/** NIC 1 of a VM that has some limits in both states and is to have others. */
function nic(name: string, before: Limits, desired: Partial<Limits>, over: Partial<Change> = {}): Change {
  return {
    module: 'nic_limits',
    play: 'p',
    task: 't',
    host: '',
    domain: { name, uuid: `uuid-of-${name}`, state: 'running', persistent: true },
    subject: {
      kind: 'nic',
      key: 'k',
      label: 'nic 1',
      mac: '52:54:00:00:00:01',
      target: '',
      type: '',
      source: '',
    },
    status: 'pending',
    rules: [RULE],
    settings: settings({ live: before, config: before }, desired),
    after: null,
    steps: [{ commands: [['domiftune']] }],
    ...over,
  };
}

function host(name: string, resources: readonly Change[], over: Partial<HostResult> = {}): HostResult {
  const status = resources.some(isWritten) ? 'changed' : 'ok';
  const totals = { nic: resources.length };
  return { name, address: name, hypervisor: name, status, durationMs: 1, resources, totals, ...over };
}

const pad = (number: number, width = 2) => String(number).padStart(width, '0');
const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('changes in groups', () => {
  const one = fc.oneof(
    anyChange,
    fc
      .record({
        vm: fc.constantFrom('a', 'b', 'c'),
        before: fc.constantFrom(NONE, WEB, same(rate(1000))),
        status: fc.constantFrom('pending' as const, 'changed' as const, 'failed' as const, 'inSync' as const),
        reason: fc.constantFrom(undefined, 'it broke'),
      })
      .map(({ vm, before, status, reason }) =>
        nic(vm, before, WEB, { status, ...(reason === undefined ? {} : { reason }) }),
      ),
  );
  const hosts = fc.array(
    fc.tuple(anyHost, fc.array(one, { maxLength: 6 })).map(([given, resources]) => ({ ...given, resources })),
    { maxLength: 5 },
  );

  it('have each change that has news once, in order, with those that are told alike', () => {
    fc.assert(
      fc.property(hosts, fc.integer({ min: 0, max: 4 }), (given, most) => {
        const groups = groupChanges(given, most === 0 ? undefined : most);
        const all = given.flatMap(({ resources }) => resources.filter(hasNews));
        const grouped = groups.flatMap(({ members }) => members.map(({ change }) => change));
        expect(grouped).toHaveLength(all.length);
        expect(new Set(grouped)).toEqual(new Set(all));
        const places = groups.map(({ members }) => members.map(({ change }) => all.indexOf(change)));
        for (const own of places) expect(own).toEqual(own.toSorted((a, b) => a - b));
        const firsts = places.map(([first = 0]) => first);
        expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
        for (const { members } of groups) {
          const told = members.map(({ change }) => {
            const { text } = moduleNamed(change.module);
            const { module, rules, status, notes } = change;
            const difference =
              most === 0 ? [text.effect(change), text.sentence(change)] : text.target(change);
            return [module, rules, status, notes, isWritten(change) && difference];
          });
          for (const alike of told) expect(alike).toEqual(told[0]);
        }
      }),
      sweep(100),
    );
  });

  it('say what was and what will be in two different forms wherever the two differ', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const { sentence, effect } = moduleNamed(change.module).text;
        for (const part of sentence(change).split('; ')) {
          const [, was, willBe] = /(\S+) → (\S+)$/.exec(part) ?? [];
          if (was !== undefined) expect(was).not.toBe(willBe);
        }
        expect(['new', 'changed', 'removed']).toContain(effect(change));
      }),
    );
  });
});

describe('a difference in words', () => {
  const text = (before: Limits, desired: Partial<Limits>) => {
    const { sentence, effect } = moduleNamed('nic_limits').text;
    const change = nic('a', before, desired);
    return `${effect(change)} ${sentence(change)}`;
  };

  it.each([
    [same(rate(10_000)), WEB, 'changed 80 → 100 Mbit/s both ways'],
    [NONE, WEB, 'new unlimited → 100 Mbit/s both ways'],
    [WEB, NONE, 'removed 100 Mbit/s → unlimited both ways'],
    [NONE, { inbound: rate(12_500) }, 'new receives unlimited → 100 Mbit/s'],
    [
      { inbound: null, outbound: rate(12_500) },
      { inbound: rate(125_000, 250_000, 65_536), outbound: null },
      'changed receives unlimited → 1 Gbit/s (peak 2 Gbit/s, burst 64 MiB); sends 100 Mbit/s → unlimited',
    ],
    // What is usual is told where nothing else differs.
    [same(rate(12_500)), WEB, 'changed 100 Mbit/s → 100 Mbit/s, peak 100 Mbit/s, burst 12500 KiB both ways'],
    [same(rate(12_500)), same(rate(125_000)), 'changed 100 Mbit/s → 1 Gbit/s both ways'],
  ])('%j to %j', (before, desired, words) => {
    expect(text(before, desired)).toBe(words);
  });
});

describe('what is said of a run', () => {
  it('is told host by host where hosts are few, with what is equal once', () => {
    const hosts = [
      host('hv1', [nic('web-1', same(rate(10_000)), WEB), nic('web-2', NONE, WEB)]),
      host('hv2', [nic('web-3', NONE, WEB), nic('db-1', WEB, WEB, { status: 'inSync', steps: [] })]),
      host(
        'hv3',
        [
          nic('web-4', NONE, WEB, { status: 'refused', reason: 'it would not start again' }),
          nic('old', WEB, { outbound: null }, { rules: [{ ...RULE, name: 'freed' }], notes: ['mind it'] }),
        ],
        { status: 'refused' },
      ),
      host('hv4', [], { status: 'unreachable', error: 'hv4 did not answer', totals: {} }),
    ];
    expect(linesOf(overview(hosts, BRIEF))).toEqual([
      'rule "web tier" (compute.yml:5)',
      '  ~ hv1 web-1 nic 1: 80 → 100 Mbit/s both ways',
      '  + 2 NICs on 2 hosts: unlimited → 100 Mbit/s both ways',
      '      hv1: web-2 nic 1',
      '      hv2: web-3 nic 1',
      '',
      'rule "freed" (compute.yml:5)',
      '  - hv3 old nic 1: sends 100 Mbit/s → unlimited',
      '      note: mind it',
      '',
      '! hv3 web-4 nic 1 refused',
      '    it would not start again',
      '    rule "web tier" (compute.yml:5)',
      '',
      '! hv4 unreachable',
      '    did not answer',
      '',
      'hv1: would change (2 NICs to change)',
      'hv2: would change (1 NIC to change, 1 in sync)',
      'hv3: refused (1 NIC to change, 1 refused)',
      'hv4: unreachable',
    ]);
  });

  it('reads as docs/outcomes.md shows it', () => {
    const rule = { name: 'web tier', file: 'inventory/group_vars/compute.yml', line: 5 };
    const same80 = same(rate(10_000));
    const inSync = ['a', 'b', 'c'].map((name) => nic(name, WEB, WEB, { status: 'inSync', steps: [] }));
    const hosts = upTo(20).map((number) => {
      const webs = upTo(7).map((at) => nic(`web-${pad((number - 1) * 7 + at, 3)}`, same80, WEB));
      const more =
        number === 7
          ? [nic('web-141', NONE, { inbound: WEB.inbound }), nic('old-1', same80, NONE)]
          : number === 9
            ? [nic('web-150', same80, WEB, { status: 'failed', reason: 'error: … (what libvirt said)' })]
            : [];
      const resources = [...webs, ...more].map((one) => ({
        ...one,
        rules: [rule],
        status: one.status === 'failed' ? one.status : ('changed' as const),
      }));
      return host(`hv${pad(number)}`, [...resources, ...inSync], number === 9 ? { status: 'failed' } : {});
    });
    const shown = linesOf(overview(hosts, { ...BRIEF, check: false, columns: 100 }));
    expect(`${shown.join('\n')}\n`).toBe(blockWith('outcomes.md', 'web-141'));
  });

  it('breaks no word of a rule at the edge of a terminal', () => {
    const rules = [
      {
        name: 'databases upload slower on their second card',
        file: 'inventory/group_vars/compute.yml',
        line: 9,
      },
    ];
    const hosts = [host('hv1', [nic('a', NONE, WEB, { rules })])];
    expect(linesOf(overview(hosts, { ...BRIEF, columns: 80 })).slice(0, 2)).toEqual([
      'rule "databases upload slower on their second card"',
      '  (inventory/group_vars/compute.yml:9)',
    ]);
  });

  it('has names with blanks in quotes, of one VM and of several', () => {
    const over = { status: 'failed', reason: 'no' } as const;
    const told = linesOf(
      overview([host('hv1', [nic('a b', NONE, WEB), nic('c d', WEB, NONE, over)])], BRIEF),
    );
    expect(told).toContain('  + hv1 "a b" nic 1: unlimited → 100 Mbit/s both ways');
    expect(told).toContain('! hv1 "c d" nic 1 failed');
    const two = linesOf(overview([host('hv1', [nic('a b', NONE, WEB), nic('c d', NONE, WEB)])], BRIEF));
    expect(two).toContain('      nic 1 of "a b", "c d"');
  });

  it('has rules in the order of their files, and names no host twice', () => {
    const at = (line: number) => ({ rules: [{ name: `rule ${line}`, file: 'compute.yml', line }] });
    const lost = (name: string, error: string) =>
      host(name, [], { status: 'unreachable', error, totals: {} });
    const hosts = [
      host('hv1', [nic('a', NONE, WEB, at(9)), nic('b', NONE, WEB, at(5))]),
      host('hv2', [nic('c', NONE, WEB, at(2))]),
      lost('hv3', 'hv3 (10.0.0.3:22) refused the connection'),
      lost('hv4', 'hv4: the name x could not be resolved'),
      lost('hv5', 'hv55 is another'),
    ];
    const lines = linesOf(overview(hosts, BRIEF));
    expect(lines.filter((line) => line.startsWith('rule'))).toEqual([
      'rule "rule 2" (compute.yml:2)',
      'rule "rule 5" (compute.yml:5)',
      'rule "rule 9" (compute.yml:9)',
    ]);
    const from = lines.indexOf('! hv3 unreachable');
    expect(lines.slice(from, from + 6)).toEqual([
      '! hv3 unreachable',
      '    10.0.0.3:22 refused the connection',
      '! hv4 unreachable',
      '    the name x could not be resolved',
      '! hv5 unreachable',
      '    hv55 is another',
    ]);
  });

  it('says of what a VM has only one the names alone', () => {
    const subject = { kind: 'cpu', key: 'cpu', label: 'cpu', vcpus: 2 };
    const shares = {
      name: 'cpu_shares',
      unit: '',
      desired: { live: 20, config: 20 },
      live: null,
      config: null,
    };
    const cpu = (name: string) => nic(name, NONE, WEB, { module: 'cpu_limits', subject, settings: [shares] });
    const hosts = [host('hv1', [cpu('a1'), cpu('a2'), cpu('a3')]), host('hv2', [cpu('b')])];
    expect(linesOf(overview(hosts, BRIEF)).slice(1, 4)).toEqual([
      "  + 4 VMs' CPU on 2 hosts: shares default → 20",
      '      hv1: a[1:3]',
      '      hv2: b',
    ]);
  });

  const fleet = (hosts: number, vms: (h: number) => readonly Change[]) =>
    upTo(hosts).map((h) => host(`hv${pad(h, 3)}`, vms(h)));

  it.each([
    ['alike on all hosts', (_h: number, v: number) => `vm-${pad(v)}`],
    ['numbered over the fleet', (h: number, v: number) => `web-${pad(h * 10 + v, 4)}`],
    [
      'with names that say nothing',
      (h: number, v: number) => `i-${((h * 7919 + v * 104_729) % 1e6).toString(36)}x`,
    ],
  ])('fits a screen for 200 NICs of VMs %s', (_, nameOf) => {
    const hosts = fleet(40, (h) => upTo(5).map((v) => nic(nameOf(h, v), NONE, WEB)));
    for (const columns of [80, 120, undefined]) {
      const lines = linesOf(overview(hosts, { ...BRIEF, columns }));
      expect(lines.length).toBeLessThan(20);
      expect(lines.join('\n')).toContain('+ 200 NICs on 40 hosts: unlimited → 100 Mbit/s both ways');
      expect(lines.at(-1)).toBe('hv[001:040]: would change (5 NICs to change)');
      if (columns !== undefined) for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    }
  });

  it('fits a screen for 200 NICs that all had other limits, and tells the largest groups by themselves', () => {
    const hosts = fleet(40, (h) =>
      upTo(6).map((v) => nic(`web-${h}-${v}`, v === 6 ? NONE : same(rate(h * 100 + v)), WEB)),
    );
    const lines = linesOf(overview(hosts, { ...BRIEF, columns: 80 }));
    expect(lines.length).toBeLessThan(50);
    expect(lines).toContain('  + 40 NICs on 40 hosts: unlimited → 100 Mbit/s both ways');
    const counted = lines.flatMap((line) => /(\d+) NICs on|^ {2}~ hv/.exec(line)?.slice(0, 2) ?? []);
    expect(counted).toContain('191');
    expect(lines.find((line) => line.includes('191'))).toBe(
      '  ~ 191 NICs on 39 hosts: 191 different limits → 100 Mbit/s both ways',
    );
  });

  it('folds names where that is exact, and names all with -v', () => {
    const hosts = fleet(3, (h) => upTo(4).map((v) => nic(`web-${h * 10 + v}`, NONE, WEB)));
    expect(linesOf(overview(hosts, BRIEF)).slice(1, -2)).toEqual([
      '  + 12 NICs on 3 hosts: unlimited → 100 Mbit/s both ways',
      '      hv001: nic 1 of web-[11:14]',
      '      hv002: nic 1 of web-[21:24]',
      '      hv003: nic 1 of web-[31:34]',
    ]);
    const full = hosts.flatMap((one) => hostLines(one, { ...BRIEF, verbose: true })).join('\n');
    for (const { resources } of hosts)
      for (const { domain } of resources) expect(full).toContain(`${domain.name} nic 1: unlimited`);
  });

  it('leaves out no name of what failed, and no host, however many they are', () => {
    const odd = (number: number) => `x${(number * 7919 + 13) % 100_003}y${(number * 31) % 977}`;
    const hosts = upTo(300).map((h) =>
      h % 2 === 0
        ? host(`hv${odd(h)}`, [nic(odd(h), NONE, WEB, { status: 'failed', reason: `${odd(h)} broke` })], {
            status: 'failed',
          })
        : host(`hv${odd(h)}`, [], { status: 'unreachable', error: `hv${odd(h)} did not answer` }),
    );
    const lines = linesOf(overview(hosts, { ...BRIEF, columns: 80 }));
    const text = lines.join('\n');
    expect(lines.filter((line) => line.startsWith('!'))).toEqual([
      '! 150 NICs on 150 hosts failed',
      '! 150 hosts unreachable',
    ]);
    expect(text).toContain('    VM broke');
    expect(text).toContain('    HOST did not answer');
    expect(text).not.toContain('…');
    for (const { name, resources } of hosts)
      for (const word of [name, ...resources.map(({ domain }) => domain.name)])
        expect(text).toMatch(new RegExp(`\\b${word}\\b`));
  });

  it('is the same whatever the hosts took', () => {
    const at = (durationMs: number) =>
      fleet(4, () => [nic('a', NONE, WEB)]).map((one) => ({
        ...one,
        durationMs: durationMs * Math.random(),
      }));
    expect(linesOf(overview(at(10), BRIEF))).toEqual(linesOf(overview(at(99_999), BRIEF)));
  });
});
