import { describe, expect, it } from 'vitest';
import type { CloudServer } from '../../../src/model/cloud.ts';
import { nicLimits } from '../../../src/modules/nic_limits/index.ts';
import { namedVms } from '../../../src/modules/selectors/named.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { domain, facts, nic, planHost, UUID } from './build.ts';

/** Rules by what a cloud says of servers. */

const OTHER = '00000000-0000-4000-8000-000000000002';

const server = (over: Partial<CloudServer> = {}): CloudServer => ({
  ...{
    id: UUID,
    name: 'web1',
    project: { id: 'p1', name: 'demo' },
    flavor: { name: 'm1.small', quotas: {} },
  },
  ...{ status: 'ACTIVE', locked: false, tags: ['blue', 'tier-1'], metadata: { tier: 'gold' } },
  ports: [
    port('52:54:00:00:00:0b', { name: 'front', fixed_ips: ['192.168.1.25', 'fe80::1'] }),
    port('52:54:00:00:00:0a', { id: 'port-a', network: { id: 'n2', name: 'net2' } }),
  ],
  ...over,
});

function port(mac: string, over: Partial<CloudServer['ports'][number]> = {}): CloudServer['ports'][number] {
  return { id: 'port-b', name: '', mac, network: { id: 'n1', name: 'net1' }, fixed_ips: [], ...over };
}

/** In libvirt's order the NIC of the second port is the first. */
const HOST = facts([
  domain({ live: [nic({ mac: '52:54:00:00:00:0a' }), nic({ mac: '52:54:00:00:00:0b', target: 'vnet1' })] }),
  domain({ uuid: OTHER, name: 'other', live: [nic({ mac: '52:54:00:00:00:0c', target: 'vnet2' })] }),
]);

function parse(rules: string, servers: unknown = [server()]) {
  const { value } = parseYaml(`rules:\n${rules.replaceAll(/^/gm, '  ')}\n`, 'x.yml');
  return nicLimits.parse({ ...(value as object), ...(servers === null ? {} : { servers }) });
}

/** The MACs of the NICs that rules name. */
function named(rules: string, servers?: unknown): readonly string[] {
  const { args, diagnostics } = parse(rules, servers);
  expect(diagnostics).toEqual([]);
  return planHost(args!, HOST).items.map(({ change }) => String(change.subject.mac).slice(-2));
}

const rule = (match: string) => `- match: { server: ${match} }\n  rate: 100 Mbit/s`;

describe('a rule by server', () => {
  it.each([
    '{ name: "web*" }',
    `{ name: ${UUID} }`,
    '{ project: demo }',
    '{ project: p1 }',
    '{ flavor: "m1.*" }',
    '{ tags: blue }',
    '{ tags: [blue, "tier-*"] }',
    '{ metadata: { tier: "g*" } }',
    '{ status: active, locked: false }',
    '{ status: [ACTIVE, SHUTOFF] }',
  ])('%s names the VM whose UUID is the server’s ID', (match) => {
    expect(named(rule(match))).toEqual(['0a', '0b']);
  });

  it.each([
    '{ name: db }',
    '{ project: "" }',
    '{ project: other }',
    '{ flavor: m1 }',
    '{ tags: [blue, red] }',
    '{ metadata: { tier: silver } }',
    '{ metadata: { constructor: "*" } }',
    '{ status: SHUTOFF }',
    '{ locked: true }',
  ])('%s names nothing else', (match) => {
    if (match !== '{ project: "" }') expect(named(rule(match))).toEqual([]);
    else expect(parse(rule(match)).args).toBeNull();
  });

  it('is about VMs that can be read alone', () => {
    const { args } = parse(rule('{ project: demo }'));
    expect(namedVms(args!.rules)).toEqual([UUID]);
  });

  it('takes servers of which little is said, in capital letters too', () => {
    expect(named(rule('{ name: x }'), [{ id: UUID.toUpperCase(), name: 'x' }])).toEqual(['0a', '0b']);
  });

  it('is warned of where no cloud says what the host has', () => {
    const { diagnostics } = parse(rule('{ project: demo }'), null);
    expect(diagnostics).toMatchObject([
      { severity: 'warning', place: { line: 2 }, message: expect.stringContaining('no inventory of one') },
    ]);
    expect(parse('- { domain: "*", nic: { port: x }, rate: 1 MB/s }', null).diagnostics).toHaveLength(1);
    expect(parse('- { domain: "*", nic: { bridge: x }, rate: 1 MB/s }', null).diagnostics).toEqual([]);
  });

  it('replaces one in the same words, and is not said to replace others', () => {
    const twice = (other: string) => parse(`${rule('{ tags: blue }')}\n${rule(other)}`).diagnostics;
    expect(twice('{ tags: blue }')).toHaveLength(1);
    expect(twice('{ tags: "*" }')).toEqual([]);
    expect(parse(`${rule('{ tags: blue }')}\n- domain: "*"\n  rate: 1 MB/s`).diagnostics).toHaveLength(1);
  });
});

describe('a NIC by its port', () => {
  it.each([
    ['port: front', ['0b']],
    ['port: port-a', ['0a']],
    ['network: net2', ['0a']],
    ['network: n1', ['0b']],
    ['fixed_ip: 192.168.1.25', ['0b']],
    ['fixed_ip: FE80::1', ['0b']],
    ['fixed_ip: 192.168.1.2', []],
    ['port: front, network: net2', []],
  ])('%s is the one with the port’s MAC, wherever it stands', (selector, macs) => {
    expect(named(`- domain: "*"\n  nic: { ${selector} }\n  rate: 100 Mbit/s`)).toEqual(macs);
  });
});
