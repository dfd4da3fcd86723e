import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseArgs } from '../../../src/modules/nic_limits/args.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { sweep } from '../../sweep.ts';
import { rate } from './build.ts';

/** The rule language, from YAML to rules in libvirt's units. */

function parse(yaml: string) {
  const { value, diagnostics } = parseYaml(yaml, 'x.yml');
  expect(diagnostics).toEqual([]);
  return parseArgs(value);
}

function ruleOf(yaml: string) {
  const { args, diagnostics } = parse(`rules:\n  - ${yaml.replaceAll('\n', '\n    ')}`);
  expect(diagnostics).toEqual([]);
  return args!.rules[0]!;
}

/** `line:column message; hint` of each diagnostic. */
function complaints(yaml: string): string[] {
  return parse(`rules:\n  - ${yaml.replaceAll('\n', '\n    ')}`).diagnostics.map(
    ({ place, message, hint }) => `${place?.line}:${place?.column} ${message}${hint ? `; ${hint}` : ''}`,
  );
}

describe('the rules of the design', () => {
  it('rate is the setInterface form: average, peak and burst, both ways', () => {
    expect(ruleOf('{ name: web tier, domain: "web-*", rate: 100 Mbit/s }')).toEqual({
      name: 'web tier',
      file: 'x.yml',
      line: 2,
      required: false,
      domain: { include: ['web-*'], exclude: [], literal: false },
      match: {},
      nic: {},
      limits: { inbound: rate(12_500, 12_500, 12_500), outbound: rate(12_500, 12_500, 12_500) },
      applyTo: 'both',
      exact: [],
      place: { file: 'x.yml', line: 2, column: 5 },
    });
  });

  it('match, nic and limits by direction', () => {
    const parsed = ruleOf(
      'match: { nova: { flavor: db.* }, state: running }\nnic: 2\ninbound: { average: 1 Gbit/s, peak: 2 Gbit/s, burst: 64 MiB }\noutbound: 200 Mbit/s',
    );
    expect(parsed).toMatchObject({
      name: 'rule 1',
      match: { nova: { flavor: 'db.*' }, state: ['running'] },
      nic: { positions: [2] },
      limits: { inbound: rate(125_000, 250_000, 65_536), outbound: rate(25_000) },
    });
  });

  it('unlimited, and a direction that is left alone', () => {
    expect(ruleOf('{ domain: backup-01, nic: { bridge: br-backup }, outbound: unlimited }').limits).toEqual({
      outbound: null,
    });
  });
});

it.each([
  ['domain: [a, "!b", "c*"]', { domain: { include: ['a', 'c*'], exclude: ['b'] } }],
  ['domain: "!db-*"', { domain: { include: [], exclude: ['db-*'] } }],
  ['nic: [1, 3]\ndomain: x', { nic: { positions: [1, 3] } }],
  ['nic: all\ndomain: x', { nic: {} }],
  ['nic: { mac: 52:54:0:FA:C7:2, model: virtio }', { nic: { mac: '52:54:00:fa:c7:02', model: 'virtio' } }],
  ['match: { state: [shut off, paused] }', { match: { state: ['shutoff', 'paused'] } }],
  ['match: { persistent: yes }', { match: { persistent: true } }],
  ['domain: x\napply_to: config\nrequired: true', { applyTo: 'config', required: true }],
])('%s', (yaml, expected) => {
  expect(ruleOf(`${yaml}\ninbound: 5 kB/s`)).toMatchObject(expected);
});

it.each(['{ bridge: br0 }', '{ network: n }', '{ portgroup: p, model: virtio }', '{ target: tap0 }'])(
  'a NIC by what it is plugged into needs no VM: %s',
  (nic) => {
    expect(ruleOf(`{ nic: ${nic}, inbound: 5 kB/s }`).domain).toBeNull();
  },
);

it('rate: unlimited is both directions', () => {
  expect(ruleOf('{ domain: x, rate: unlimited }').limits).toEqual({ inbound: null, outbound: null });
});

it.each([
  ['33.554424 Gbit/s', rate(4_194_303, 4_194_303, 4_194_303)],
  ['34 Gbit/s', rate(4_250_000, 4_250_000, 4_194_303)],
  ['40 Gbit/s', rate(5_000_000, 5_000_000, 4_194_303)],
])('rate: %s keeps the burst within what tc can hold', (text, limit) => {
  expect(ruleOf(`{ domain: x, rate: ${text} }`).limits).toEqual({ inbound: limit, outbound: limit });
});

it('download and upload are other names', () => {
  expect(ruleOf('{ domain: x, download: 5 kB/s, upload: unlimited }').limits).toEqual({
    inbound: rate(5),
    outbound: null,
  });
});

it('the same floor and burst units as domiftune', () => {
  expect(ruleOf('{ domain: x, inbound: { floor: 8 Mbit/s } }').limits).toEqual({
    inbound: rate(0, 0, 0, 1000),
  });
  expect(ruleOf('{ domain: x, inbound: { average: 10, burst: 20 } }').limits).toEqual({
    inbound: rate(10, 0, 20),
  });
});

describe('mistakes', () => {
  it.each([
    ['{ rate: 1 }', /^2:5 the rule names no VM; write domain: "\*"/],
    ['{ domain: x }', /^2:5 the rule sets nothing; give rate, inbound or outbound/],
    ['{ domain: x, rate: 1, inbound: 2 }', /^2:5 rate sets both directions/],
    ['{ domain: x, inbound: 1, download: 2 }', /^2:5 inbound and download are the same/],
    ['{ domain: x, outbound: 1, upload: 2 }', /^2:5 outbound and upload are the same/],
    ['{ domain: 7, rate: 1 }', /^2:15 .*found the number 7; put it in quotes/],
    ['{ domain: x, outboud: 1 }', /^2:18 unknown key "outboud"; did you mean "outbound"/],
    ['{ domain: x, rate: 100 mbps }', /^2:24 "100 mbps" is ambiguous.*; did you mean "100 Mbit\/s" \(bits\)/],
    ['{ domain: x, inbound: { peak: 5 } }', /^2:27 peak and burst require an average/],
    ['{ domain: x, outbound: { average: 5, floor: 1 } }', /^2:42 unknown key "floor"/],
    ['{ domain: x, inbound: 0 }', /^2:27 a rate of zero means unlimited/],
    ['{ domain: x, inbound: { average: 5, burst: 5 GiB } }', /more than tc can hold/],
    ['{ domain: x, rate: 34360 Gbit/s }', /more than virsh takes: at most 34359.73836 Gbit\/s/],
    ['{ nic: 2, rate: 1 }', /^2:5 the rule names no VM; write domain: "\*"/],
    ['{ nic: [1, 2], rate: 1 }', /^2:5 the rule names no VM/],
    ['{ nic: all, rate: 1 }', /^2:5 the rule names no VM/],
    ['{ nic: { model: virtio }, rate: 1 }', /^2:5 the rule names no VM/],
    ['{ nic: { alias: net0, model: virtio }, rate: 1 }', /^2:5 the rule names no VM/],
    ['{ domain: x, nic: { mac: "53:54:00:00:00:01" }, rate: 1 }', /^2:30 .*it is a multicast address/],
    ['{ domain: x, rate: unlimted }', /is not a rate; to take a limit away, write unlimited/],
    ['{ domain: x, nic: 0, rate: 1 }', /"nic" must be at least 1/],
    ['{ domain: x, nic: one, rate: 1 }', /"nic" must be "all"/],
    ['{ domain: x, nic: { mac: 52-54-00-00-00-01 }, rate: 1 }', /is not a MAC address/],
    ['{ domain: x, nic: {}, rate: 1 }', /"nic" must have at least 1/],
    ['{ domain: [], rate: 1 }', /"domain" must have at least 1 item/],
    ['{ match: { state: runing }, rate: 1 }', /did you mean "running"/],
    ['{ domain: x, apply_to: boht, rate: 1 }', /did you mean "both"/],
    ['{ domain: x, required: maybe, rate: 1 }', /"required" must be true or false/],
    ['web-01', /must be a map/],
  ])('%s', (yaml, message) => {
    const found = complaints(yaml);
    expect(
      found.some((text) => message.test(text)),
      found.join('\n'),
    ).toBe(true);
  });

  it('are all found at once', () => {
    expect(complaints('{ domain: 7, nic: 0, rate: 1M, aply_to: both }')).toHaveLength(4);
  });

  it('never make it throw', () => {
    const key = fc.constantFrom(
      'domain',
      'nic',
      'match',
      'rate',
      'inbound',
      'outbound',
      'apply_to',
      'name',
      'x',
    );
    const value = fc.oneof(fc.constantFrom('unlimited', '1 Mbit/s', 'all', 1, 0, null, true), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(fc.dictionary(key, value)), (rules) => {
        const { args, diagnostics } = parseArgs({ rules });
        expect(args === null).toBe(diagnostics.length > 0);
        for (const rule of args?.rules ?? []) {
          for (const limit of Object.values(rule.limits)) {
            if (limit !== null) expect(limit.average + limit.floor).toBeGreaterThan(0);
          }
        }
      }),
      sweep(500),
    );
  });
});
