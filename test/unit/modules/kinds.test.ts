import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { disksFact } from '../../../src/facts/disks.ts';
import { NIC_TYPES, nicsFact } from '../../../src/facts/nics.ts';
import { diskLimits } from '../../../src/modules/disk_limits/index.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import {
  coversKinds,
  type Kinds,
  kindsApart,
  kindsMatch,
  kindsNone,
} from '../../../src/modules/selectors/kinds.ts';
import { sweep } from '../../sweep.ts';
import { described, parseRules, planRules } from './of_module.ts';

/** Rules that say what a card or a disk is. */

const nicXml = (n: number, type: string, source = '') =>
  `<interface type='${type}'><mac address='52:54:00:00:00:0${n}'/>${source}</interface>`;
const devices = (...xml: readonly string[]) => `<devices>${xml.join('')}</devices>`;

/** A VM whose fourth card is in a network that made it a VF when the VM started. */
const LIVE = devices(
  nicXml(1, 'bridge', "<source bridge='br0'/>"),
  nicXml(2, 'vhostuser'),
  nicXml(3, 'network', "<source network='lan' bridge='virbr0'/>"),
  nicXml(4, 'hostdev', "<source network='pool'/>"),
);
const CONFIG = LIVE.replace("type='hostdev'", "type='network'");
const vm = described([nicsFact], LIVE, CONFIG);

const NETWORKS = { networks: [] };

const named = (nic: string, more = '') =>
  planRules(nicLimits, [`- { domain: "*", nic: ${nic}, rate: 1000${more} }`], [vm], {}, NETWORKS).map(
    ({ change: { subject, status, ignored } }) => `${subject.label} ${status}${ignored ? ', skipped' : ''}`,
  );

describe('a rule that says what a NIC is', () => {
  it.each([
    ['{ type: bridge }', ['nic 1 pending']],
    ['{ type: [bridge, vhostuser] }', ['nic 1 pending', 'nic 2 unsupported']],
    ['{ type: "!vhostuser" }', ['nic 1 pending', 'nic 3 pending', 'nic 4 unsupported']],
    ['{ type: ["!vhostuser", "!hostdev"] }', ['nic 1 pending', 'nic 3 pending']],
    // As declared, and as it is while the VM runs.
    ['{ type: network }', ['nic 3 pending', 'nic 4 unsupported']],
    ['{ type: [network, "!hostdev"] }', ['nic 3 pending']],
    ['{ type: hostdev }', ['nic 4 unsupported']],
    ['{ type: bridge, bridge: br1 }', []],
  ])('%s', (nic, expected) => {
    expect(named(nic)).toEqual(expected);
  });

  it('knows every type that libvirt has, and no other', () => {
    const said = (type: string) =>
      parseRules(nicLimits, `- { domain: "*", nic: { type: ${type} }, rate: unlimited }`).said;
    for (const type of NIC_TYPES)
      expect(said(`["${type}", "!${type === 'bridge' ? 'user' : 'bridge'}"]`)).toEqual([]);
    expect(said('brigde')[0]).toMatch(
      /^2:33 error "type" must be .*, found "brigde"; did you mean "bridge"\?$/,
    );
    expect(said('"!vhostusr"')[0]).toMatch(/did you mean "!vhostuser"\?$/);
    expect(said('[]')[0]).toMatch(/at least 1 item/);
  });

  it('is told that it names nothing, or nothing that can be limited', () => {
    const said = (type: string, more = '') =>
      parseRules(nicLimits, `- { domain: "*", nic: { type: ${type} }, rate: 125000${more} }`).said;
    expect(said('[bridge, "!bridge"]')).toEqual([
      '2:33 warning rule "rule 1" names no NIC: its types are all excluded again; leave one of them out',
    ]);
    expect(said('[hostdev, vhostuser]')).toEqual([
      '2:33 warning libvirt can limit no NIC of type hostdev or vhostuser, and rule "rule 1" names no others; to leave them out of a rule, write "!hostdev", "!vhostuser"',
    ]);
    expect(said('[hostdev, bridge]')).toEqual([]);
    expect(said('hostdev', ', skip_unsupported: true')).toEqual([]);
  });

  it('is replaced only by rules that name at least the same, and clashes only with those', () => {
    const shadow = (first: string, second: string) =>
      parseRules(
        nicLimits,
        `- { domain: a, nic: ${first}, rate: 125000 }\n- { domain: a, nic: ${second}, rate: 250000 }`,
      ).said.filter((line) => line.includes('never win')).length;
    expect(shadow('{ type: bridge }', '{ type: [bridge, network] }')).toBe(1);
    expect(shadow('{ type: bridge }', 'all')).toBe(1);
    expect(shadow('{ type: [bridge, network] }', '{ type: bridge }')).toBe(0);
    expect(shadow('all', '{ type: "!hostdev" }')).toBe(0);
    const clash = (first: string, second: string) => {
      const args = [first, second].map((rule) => parseRules(nicLimits, `- { domain: a, ${rule} }`).args);
      return nicLimits.clashes(args[0] as never, args[1] as never).length;
    };
    expect(clash('nic: { type: bridge }, rate: 125000', 'rate: 250000')).toBe(1);
    expect(clash('nic: { type: vhostuser }, rate: 125000', 'nic: { type: "!vhostuser" }, rate: 250000')).toBe(
      0,
    );
  });
});

describe('a rule that skips what is not supported', () => {
  it('tells it as unsupported all the same, and lets the rest be set', () => {
    expect(named('all', ', skip_unsupported: true')).toEqual([
      'nic 1 pending',
      'nic 2 unsupported, skipped',
      'nic 3 pending',
      'nic 4 unsupported, skipped',
    ]);
  });

  it('does not speak for another rule that means the NIC by all means', () => {
    const rules = [
      '- { domain: "*", rate: 1000, skip_unsupported: true }',
      '- { domain: "*", nic: 2, rate: 2000 }',
    ];
    for (const tasks of [[rules.join('\n')], rules.map((rule) => rule.replace('1000', '2000'))])
      expect(
        planRules(nicLimits, tasks, [vm], {}, NETWORKS).map(({ change: { status, ignored } }) => [
          status,
          ignored,
        ]),
      ).toEqual([
        ['pending', undefined],
        ['unsupported', undefined],
        ['pending', undefined],
        ['unsupported', true],
      ]);
  });
});

describe('a rule that says what a disk is', () => {
  const disk = (target: string, type: string, device = 'disk', bus = 'virtio') =>
    `<disk type='${type}' device='${device}'><target dev='${target}' bus='${bus}'/></disk>`;
  const disks = described(
    [disksFact],
    devices(
      disk('vda', 'file'),
      disk('vdb', 'network'),
      disk('vdc', 'vhostuser'),
      disk('sda', 'file', 'cdrom', 'sata'),
    ),
  );
  it.each([
    ['{ type: file }', ['vda pending']],
    ['{ type: "!vhostuser" }', ['vda pending', 'vdb pending']],
    ['{ device: cdrom }', ['sda pending']],
    ['{ bus: sata, target: "sd*" }', ['sda pending']],
    ['{ target: ["vd*"], type: [network, file] }', ['vda pending', 'vdb pending']],
    ['all', ['vda pending', 'vdb pending', 'vdc unsupported, skipped']],
  ])('%s', (choice, expected) => {
    const rules = `- { domain: "*", disk: ${choice}, total_iops_sec: 100, skip_unsupported: true }`;
    const shown = planRules(diskLimits, [rules], [disks]).map(
      ({ change: { subject, status, ignored } }) => `${subject.key} ${status}${ignored ? ', skipped' : ''}`,
    );
    expect(shown).toEqual(expected);
  });
});

describe('what is said of conditions without a host', () => {
  const words = fc.uniqueArray(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 });
  const kinds: fc.Arbitrary<Kinds | undefined> = fc.option(fc.record({ include: words, exclude: words }), {
    nil: undefined,
  });
  const subject = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1, maxLength: 2 });

  it('holds for every subject', () => {
    fc.assert(
      fc.property(kinds, kinds, subject, (one, other, is) => {
        const [first, second] = [kindsMatch(one, is), kindsMatch(other, is)];
        if (coversKinds(one, other) && second) expect(first).toBe(true);
        if (kindsApart(one, other)) expect(first && second).toBe(false);
        if (one !== undefined && kindsNone(one)) expect(first).toBe(false);
      }),
      sweep(1000),
    );
  });
});
