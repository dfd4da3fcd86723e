import { describe, expect, it } from 'vitest';
import { buildInventory } from '../../../src/inventory/build.ts';
import { hostsOfGroup } from '../../../src/inventory/groups.ts';
import { isPluginFile, parseOpenstackSource } from '../../../src/inventory/openstack/parse.ts';
import { openstackStatements } from '../../../src/inventory/openstack/statements.ts';
import type { CloudRegion, Hypervisor } from '../../../src/model/cloud.ts';
import { parseYaml } from '../../../src/yaml/parse.ts';
import { UnsafeText } from '../../../src/yaml/unsafe.ts';

function hypervisor(name: string, more: Partial<Hypervisor> = {}): Hypervisor {
  return {
    ...{
      id: `id-${name}`,
      name,
      host: name,
      hostIp: '10.0.0.1',
      type: 'QEMU',
      state: 'up',
      status: 'enabled',
    },
    ...{ zone: 'nova', aggregates: [], qosAgent: '', servers: [] },
    ...more,
  };
}

function region(
  cloud: string,
  hypervisors: readonly Hypervisor[],
  notes: readonly string[] = [],
): CloudRegion {
  return { cloud, region: 'RegionOne', hypervisors, notes };
}

function read(text: string) {
  const { value } = parseYaml(text, 'openstack.yml');
  expect(isPluginFile(value)).toBe(true);
  return parseOpenstackSource(value as Record<string, unknown>, 'openstack.yml');
}

function inventory(text: string, regions: readonly CloudRegion[]) {
  const { source } = read(text);
  if (source === null) throw new Error('the file is wrong');
  const { statements, diagnostics } = openstackStatements(source, regions);
  return { ...buildInventory(statements), told: diagnostics };
}

const said = (diagnostics: readonly { message: string; place?: { line: number } | undefined }[]) =>
  diagnostics.map(({ message, place }) => `${place?.line}: ${message}`);

describe('hypervisors of clouds', () => {
  it('are hosts in groups by what the cloud says of them', () => {
    const { inventory: made } = inventory('plugin: virtune.openstack', [
      region('east', [hypervisor('a', { aggregates: ['fast disks'], state: 'down' })]),
      region('west', [hypervisor('b', { zone: 'az2', hostIp: '10.0.0.2' })]),
    ]);
    expect([...made.hosts.keys()]).toEqual(['a', 'b']);
    expect(made.hosts.get('a')?.groups).toEqual([
      ...['aggregate_fast_disks', 'cloud_east', 'openstack', 'region_RegionOne', 'state_down'],
      ...['status_enabled', 'zone_nova'],
    ]);
    expect(hostsOfGroup(made, 'openstack')).toEqual(['a', 'b']);
    expect(made.hosts.get('b')?.vars).toMatchObject({
      ansible_host: '10.0.0.2',
      openstack: { cloud: 'west', region: 'RegionOne', name: 'b', zone: 'az2', type: 'QEMU' },
      openstack_servers: [],
    });
  });

  it('are called and reached as the file says', () => {
    const { inventory: made } = inventory(
      'plugin: virtune.openstack\nhostname: "{{ openstack.cloud }}-{{ openstack.name }}"\naddress: "{{ openstack.host }}.mgmt"',
      [region('east', [hypervisor('a')]), region('west', [hypervisor('a')])],
    );
    expect([...made.hosts.keys()]).toEqual(['east-a', 'west-a']);
    expect(made.hosts.get('west-a')?.vars.ansible_host).toBe('a.mgmt');
  });

  it('of one name are two hosts, and an error', () => {
    const { told } = inventory('plugin: virtune.openstack\nhostname: name', [
      region('east', [hypervisor('a')]),
      region('west', [hypervisor('a')]),
    ]);
    expect(said(told)).toEqual([
      '2: two hypervisors are called "a": of cloud east, region RegionOne (a) and of cloud west, region RegionOne (a)',
    ]);
  });

  it.each([
    ['address: ip', '2: address "ip" is neither name, host, host_ip nor a template'],
    ['address: "{{ openstack.nmae }}"', '2: '],
    [
      'hostname: "{{ openstack.name }}, x"',
      '2: the hostname of the hypervisor "a" of cloud east is no name: "a, x"',
    ],
    [
      'hostname: "-{{ openstack.name }}"',
      '2: the hostname of the hypervisor "a" of cloud east is no name: "-a"',
    ],
  ])('with %s are an error at that line', (line, message) => {
    const { told } = inventory(`plugin: virtune.openstack\n${line}`, [region('east', [hypervisor('a')])]);
    expect(said(told)[0]).toContain(message);
  });

  it('have no name that a pattern or an option could be', () => {
    for (const name of ['a,b', '-oProxyCommand=x', '', 'a b', '!a', 'a[1:3]', 'x\ny'])
      expect(inventory('plugin: virtune.openstack', [region('e', [hypervisor(name)])]).told).toHaveLength(1);
  });

  it('take nothing of a tenant for a template', () => {
    const name = '{{ lookup("env", "OS_PASSWORD") }}';
    const server = {
      ...{ id: 'u', name, project: { id: 'p', name: 'p' }, flavor: { name: 'f', quotas: {} } },
      ...{ status: 'ACTIVE', locked: false, tags: [name], metadata: { a: name }, ports: [] },
    };
    const { inventory: made } = inventory('plugin: virtune.openstack', [
      region('e', [hypervisor('a', { servers: [server] })]),
    ]);
    const [found] = made.hosts.get('a')!.vars.openstack_servers as { name: unknown; tags: unknown[] }[];
    expect(found?.name).toBeInstanceOf(UnsafeText);
    expect(found?.tags[0]).toBeInstanceOf(UnsafeText);
  });

  it('say once where two names make one group, and what the cloud does not tell', () => {
    const { told } = inventory('plugin: virtune.openstack', [
      region('e', [hypervisor('a', { aggregates: ['x y', 'x:y'] })], ['a cell does not answer']),
    ]);
    expect(said(told)).toEqual([
      '1: cloud e, region RegionOne: a cell does not answer',
      '1: the group "aggregate_x_y" stands for "aggregate_x y" and "aggregate_x:y"',
    ]);
  });
});

describe('the file of a plugin', () => {
  it('of Ansible’s collection is taken as far as it makes sense', () => {
    const { source, diagnostics } = read(
      'plugin: openstack.cloud.openstack\nonly_clouds: [a]\nexpand_hostvars: true\nfail_on_errors: true',
    );
    expect(source).toMatchObject({ clouds: ['a'] });
    expect(said(diagnostics)).toEqual([
      '3: "expand_hostvars" does nothing here: it is about servers as hosts, and virtune\'s hosts are the hypervisors',
    ]);
    expect(read('plugin: openstack.cloud.openstack').source).toMatchObject({ clouds: 'all' });
  });

  it.each([
    ['plugin: amazon.aws.aws_ec2', 'the inventory plugin "amazon.aws.aws_ec2" is not one of virtune\'s'],
    ['plugin: virtune.openstack\ncloud: a', 'unknown key "cloud"'],
    ['plugin: virtune.openstack\nclouds: []', 'clouds'],
    ['plugin: openstack.cloud.openstack\nonly_cluods: a', 'only_cluods'],
  ])('%s is refused', (text, message) => {
    const { source, diagnostics } = read(text);
    expect(source).toBeNull();
    expect(diagnostics[0]?.message).toContain(message);
    expect(diagnostics[0]?.place?.file).toBe('openstack.yml');
  });
});
