import { describe, expect, it } from 'vitest';
import { parseRate, parseSize } from '../../../src/base/units.ts';
import { parseArgs } from '../../../src/modules/nic_limits/args.ts';
import { loadPlaybooks } from '../../../src/project/playbook.ts';
import { loadYaml } from '../../../src/project/yaml_file.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { args, domain, facts, network, nic, planHost, rate, rule } from './build.ts';

/** The warnings of rules in YAML, with the lines that they point at. */
function advice(yaml: string): string[] {
  const { value, diagnostics: bad } = parseYaml(yaml, 'rules.yml');
  expect(bad).toEqual([]);
  const { args: parsed, diagnostics } = parseArgs({ rules: value });
  expect(parsed, diagnostics.map((d) => d.message).join()).not.toBeNull();
  expect(diagnostics.every((d) => d.severity === 'warning')).toBe(true);
  return diagnostics.map((d) => `${d.place?.line}:${d.place?.column} ${d.message} | ${d.hint}`);
}

/** The notes on the only NIC of a host. */
function notes(has: Parameters<typeof nic>[0], limits: object): readonly string[] {
  const plan = planHost(args([rule({ limits })]), facts([domain({ live: [nic(has)] })], [network()]));
  return plan.items[0]?.result.notes ?? [];
}

describe('a burst that is too small for its rate', () => {
  it('is said at its place, with the size to write', () => {
    expect(
      advice(`
- domain: web-01
  outbound: { average: 1 Gbit/s, burst: 512 KiB }`),
    ).toEqual([
      '3:41 outbound: a burst of 512 KiB is 4.2 ms at 1 Gbit/s, too small for TCP: what exceeds it is dropped (on all NICs but macvtap, which queue it) | write burst: 96 MiB (about 80 % of what passes in a second), or leave it out: libvirt then takes a second’s worth',
    ]);
  });

  it.each([
    'outbound: { average: 100 Mbit/s, burst: 1221 KiB }', // 100 ms and a little
    'outbound: 100 Mbit/s', // libvirt takes a second's worth
    'outbound: { average: 100 Mbit/s, burst: 9765 KiB }', // Neutron's 80 %
    'inbound: { average: 1 Gbit/s, peak: 2 Gbit/s, burst: 512 KiB }', // a shaper queues
    'rate: 24 kbit/s',
  ])('is not said of %s', (limits) => {
    expect(advice(`- { domain: web-01, ${limits} }`)).toEqual([]);
  });

  it('just below 100 ms, and where no frame fits', () => {
    expect(advice('- { domain: a, upload: { average: 100 Mbit/s, burst: 1220 KiB } }')).toHaveLength(1);
    expect(advice('- { domain: a, outbound: 8 kbit/s }')[0]).toMatch(
      /1:26 outbound: no full frame fits into a burst of 1 KiB.* \| write outbound: \{ average: 8 kbit\/s, burst: 64 KiB \} \(the largest packet that libvirt lets through\)$/,
    );
  });

  it.each([
    ['rate: 1 kB/s', 'outbound'],
    ['outbound: 8 kbit/s', 'outbound'],
    ['upload: 8 kbit/s', 'upload'],
    ['outbound: { average: 500 kB/s, burst: 30 KiB }', 'burst'],
    ['upload: { average: 1313 kB/s, burst: 100 KiB }', 'burst'],
    ['outbound: { average: 82 kB/s, burst: 3 KiB }', 'burst'],
    ['outbound: { average: 80 kB/s, burst: 3 KiB }', 'burst'],
  ])('is told for %s with what its rule takes, and a share that is true', (limits, key) => {
    const told = advice(`- { domain: a, ${limits} }`).find((one) => one.includes(' too small for TCP'));
    const [, words = '', why = ''] = / \| write (\w+: [^(]*) \(([^)]*)\)/.exec(told ?? '') ?? [];
    expect(words.split(':')[0]).toBe(key);
    const average = /average: ([^,]*),/.exec(words + limits)?.[1] ?? '1';
    const direction = key === 'burst' ? `outbound: { average: ${average}, ${words} }` : words;
    expect(advice(`- { domain: a, ${direction} }`).filter((one) => one.includes('burst'))).toEqual([]);
    const share = /about (\d+) %/.exec(why)?.[1];
    const kibibytes = parseSize(/burst: ([^}]*?) ?(?:\}|$)/.exec(words)?.[1] ?? '');
    const rateOf = parseRate(average);
    if (!kibibytes.ok || !rateOf.ok) throw new Error(words);
    const real = (kibibytes.value * 102_400) / (rateOf.value * 1000);
    if (share === undefined) expect(real).toBeGreaterThan(80);
    else expect(Math.abs(real - Number(share))).toBeLessThan(5);
  });

  it('is said per NIC where a macvtap polices what the VM receives', () => {
    const small = { inbound: rate(125_000, 0, 512) };
    expect(notes({ type: 'direct' }, small).join()).toMatch(
      /^inbound: a burst of 512 KiB is 4.2 ms at 1 Gbit\/s/,
    );
    expect(notes({ type: 'direct' }, { inbound: rate(125_000) })).toEqual([]);
    expect(notes({ type: 'direct' }, { outbound: rate(125_000, 250_000, 512) })).toEqual([]);
  });
});

describe('peak and burst', () => {
  it('below the average, said once for each direction that has it', () => {
    expect(advice('- { domain: a, inbound: { average: 100, peak: 99 } }')).toEqual([
      '1:47 inbound: the peak 792 kbit/s is below the average 800 kbit/s | a peak is for short bursts above the average; leave it out, or make it the larger one',
    ]);
    expect(advice('- { domain: a, inbound: { average: 100, peak: 100 } }')).toEqual([]);
  });

  it('are noted where each alone does next to nothing: on taps that shape', () => {
    expect(notes({}, { inbound: rate(100, 0, 50) })).toEqual([
      'inbound: burst has next to no effect without a peak on a NIC of type bridge: give both, or neither',
    ]);
    expect(notes({}, { inbound: rate(100, 200) })).toEqual([
      'inbound: peak has next to no effect without a burst on a NIC of type bridge: give both, or neither',
    ]);
    expect(notes({ type: 'direct' }, { outbound: rate(100, 0, 50) })).toHaveLength(1);
    for (const limit of [rate(100), rate(100, 200, 50), rate(100, 100, 100), rate(100, 100)])
      expect(notes({}, { inbound: limit })).toEqual([]);
    expect(notes({}, { outbound: rate(100, 0, 90) })).toEqual([]);
    const ovs = { virtualport: 'openvswitch' };
    expect(notes(ovs, { inbound: rate(100, 0, 50) }).join()).not.toMatch(/next to no effect/);
  });
});

describe('rates and floors', () => {
  it('more than any NIC lets through', () => {
    expect(advice('- { domain: a, inbound: 1001 Gbit/s }')).toEqual([
      '1:25 inbound: 1001 Gbit/s is more than any NIC of a VM lets through | if no limit is meant, write unlimited',
    ]);
    expect(advice('- { domain: a, outbound: { average: 1 Gbit/s, peak: 1001 Gbit/s } }')).toHaveLength(1);
    for (const rate of ['34.3 Gbit/s', '40 Gbit/s', '400 Gbit/s', '1000 Gbit/s'])
      expect(advice(`- { domain: a, inbound: ${rate}, outbound: ${rate} }`)).toEqual([]);
    expect(advice('- { domain: a, rate: 40 Gbit/s }')).toEqual([]);
  });

  it('a burst that the kernel cannot keep', () => {
    // Tried: 2748000 KiB stay in htb and police, 2760000 KiB become 11490232 bytes.
    const most = 'write at most burst: 2748779 KiB';
    for (const direction of ['inbound', 'outbound'])
      expect(
        advice(`- { domain: a, ${direction}: { average: 10240, peak: 10240, burst: 2760000 } }`).join(),
      ).toMatch(new RegExp(`${direction}: a burst of 2760000 KiB is more than 274 s at .*${most}$`));
    expect(advice('- { domain: a, inbound: { average: 10240, peak: 10240, burst: 2748779 } }')).toEqual([]);
    expect(advice('- { domain: a, inbound: { floor: 10 } }')).toEqual([]);
  });

  it('a burst that was cut to what tc can hold is noted', () => {
    const cut = rate(5_000_000, 5_000_000, 4_194_303);
    expect(notes({}, { inbound: cut, outbound: cut })).toEqual([
      'inbound: the burst is 4194303 KiB, the most that tc can hold',
      'outbound: the burst is 4194303 KiB, the most that tc can hold',
    ]);
    expect(notes({}, { inbound: rate(5_000_000), outbound: rate(5_000_000) })).toEqual([]);
  });

  it('more of a floor than the limit lets through', () => {
    expect(advice('- { domain: a, inbound: { average: 100, floor: 101 } }')[0]).toMatch(
      /^1:48 inbound: the floor/,
    );
    expect(advice('- { domain: a, inbound: { average: 100, peak: 200, burst: 9, floor: 150 } }')).toEqual([]);
    expect(advice('- { domain: a, inbound: { floor: 150 } }')).toEqual([]);
  });

  it('a floor on VMs that are shut off only', () => {
    const off = (state: string) =>
      advice(`- { match: { state: ${state} }, inbound: { average: 100, floor: 10 } }`);
    expect(off('shut off')[0]).toMatch(/a floor cannot be set on a VM that is shut off/);
    expect(off('[shutoff, running]')).toEqual([]);
  });
});

describe('rules that can never win', () => {
  it('are said with the later rules that replace them', () => {
    expect(
      advice(`
- { name: one, domain: web-01, inbound: 1 Mbit/s, outbound: 1 Mbit/s }
- { name: in, domain: "web-*", inbound: 2 Mbit/s }
- { name: out, domain: "*", outbound: 2 Mbit/s }`),
    ).toEqual([
      '2:3 rule "one" can never win: rule "in" (rules.yml:3) and rule "out" (rules.yml:4) come later, name at least the same NICs and replace all that it sets | put the more particular rule last, or narrow the later one',
    ]);
  });

  it('and those that say again what a later one says', () => {
    expect(
      advice(`
- { name: a, domain: web-01, nic: 1, rate: 5 MB/s }
- { name: b, domain: web-01, rate: 5 MB/s }`),
    ).toEqual([
      '2:3 rule "a" says what rule "b" (rules.yml:3) says again, about at least the same NICs | leave one of them out',
    ]);
  });

  it.each([
    ['another VM', 'domain: web-01', 'domain: web-02'],
    ['a narrower glob', 'domain: "web-*"', 'domain: "web-1*"'],
    ['exclusion', 'domain: web-01', 'domain: ["*", "!web-*"]'],
    ['a UUID, which may be any VM', 'domain: 6695eb01-f6a4-8304-79aa-97f2502e193f', 'domain: "[0-9]*"'],
    [
      'a UUID excluded, which may be that VM',
      'domain: web-01',
      'domain: ["*", "!6695eb01-f6a4-8304-79aa-97f2502e193f"]',
    ],
    [
      'a glob on the project’s name',
      'match: { nova: { project: p-1 } }',
      'match: { nova: { project: "p-*" } }',
    ],
    ['one NIC', 'domain: web-01', 'domain: web-01, nic: 1'],
    ['other positions', 'domain: a, nic: [1, 2]', 'domain: a, nic: [2, 3]'],
    ['a state', 'domain: a', 'domain: a, match: { state: running }'],
    ['another flavor', 'match: { nova: { flavor: a } }', 'match: { nova: { flavor: b } }'],
    ['only the running state', 'domain: a', 'domain: a, apply_to: live'],
  ])('are not said where the later has %s', (_, first, second) => {
    expect(
      advice(`[{ name: a, ${first}, inbound: 100 kB/s }, { name: b, ${second}, inbound: 200 kB/s }]`),
    ).toEqual([]);
  });

  it.each([
    ['domain: web-01', 'domain: ["*", "!db-*"]'],
    ['domain: ["web-1*", "db-1"]', 'domain: ["db-1", "web-*"]'],
    ['domain: ["web-*", "!web-9"]', 'domain: ["web-*", "!web-9"]'],
    ['domain: a, nic: 2', 'domain: a, nic: [1, 2]'],
    ['nic: { bridge: br0, model: virtio }', 'nic: { bridge: br0 }'],
    ['match: { state: running, persistent: true }', 'match: { state: [running, paused] }'],
    ['match: { nova: { flavor: db.1, project: p } }', 'match: { nova: { flavor: "db.*" } }'],
    ['domain: a, apply_to: live', 'domain: a'],
  ])('are said where the later is wider: %s, then %s', (first, second) => {
    expect(
      advice(`[{ name: a, ${first}, inbound: 100 kB/s }, { name: b, ${second}, inbound: 200 kB/s }]`),
    ).toHaveLength(1);
  });
});

describe('required', () => {
  it('on a rule that names everything', () => {
    expect(advice('- { domain: "*", required: true, inbound: 1 Mbit/s }')[0]).toMatch(
      /^1:28 "required" says little/,
    );
    expect(advice('- { domain: "*", nic: all, required: true, inbound: 1 Mbit/s }')).toHaveLength(1);
    expect(advice('- { domain: "w*", required: true, inbound: 1 Mbit/s }')).toEqual([]);
    expect(advice('- { domain: "*", required: false, inbound: 1 Mbit/s }')).toEqual([]);
  });

  it('is not said of what a command makes itself', () => {
    expect(
      parseArgs({ rules: [{ domain: '*', nic: 'all', required: true, rate: 50_000 }] }).diagnostics,
    ).toEqual([]);
  });
});

it('has nothing to say about the shipped samples', async () => {
  const { plays } = await loadPlaybooks(['playbooks/nic-limits.yml'], {});
  const { value } = await loadYaml('inventory/group_vars/compute.yml', 'file');
  expect(plays).toHaveLength(1);
  const rules = (value as { nic_limits: unknown }).nic_limits;
  expect(parseArgs({ rules }).diagnostics).toEqual([]);
  expect(parseArgs({ rules }).args?.rules).toHaveLength(3);
});

describe('the sum of the limits of a host', () => {
  const host = facts([
    domain({ live: [nic(), nic({ mac: '52:54:00:00:00:02' }), nic({ mac: '52:54:00:00:00:03' })] }),
  ]);
  const sum = (limits: object, uplink: number, nicSelector = {}) =>
    planHost(args([rule({ limits, nic: nicSelector })], { uplink }), host).notes;

  it('is held against the declared uplink, in each direction', () => {
    expect(sum({ inbound: rate(1000), outbound: rate(400) }, 2999)).toEqual([
      "inbound: by the rules, what running VMs may receive adds up to 24 Mbit/s (3 NICs), more than the uplink's 23.992 Mbit/s",
    ]);
    expect(sum({ inbound: rate(1000) }, 3000)).toBeUndefined();
  });

  it('counts those without a limit, and takes what is in force where no rule says otherwise', () => {
    expect(sum({ outbound: rate(1000) }, 1500, { positions: [1, 2] })?.[0]).toMatch(
      /may send adds up to 16 Mbit\/s \(2 NICs, and 1 NIC without a limit\)/,
    );
    const limited = facts([domain({ live: [nic({ limits: { inbound: rate(9), outbound: null } })] })]);
    expect(planHost(args([], { uplink: 8 }), limited).notes).toHaveLength(1);
    expect(planHost(args([], { uplink: 9 }), limited).notes).toBeUndefined();
    expect(planHost(args([]), limited).notes).toBeUndefined();
  });

  it('leaves out VMs that are shut off', () => {
    const off = facts([
      domain({ live: null, config: [nic({ limits: { inbound: rate(9), outbound: null } })] }),
    ]);
    expect(planHost(args([], { uplink: 8 }), off).notes).toBeUndefined();
  });
});
