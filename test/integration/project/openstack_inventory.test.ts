import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { loadInventory } from '../../../src/project/inventory.ts';
import type { FakeFleet } from '../../openstack/fake_cloud.ts';
import {
  error,
  type FakeCloud,
  type FakeOptions,
  PASSWORD,
  startFakeCloud,
} from '../../openstack/fake_cloud.ts';
import { fleetOf, idOf, macOf } from '../../openstack/fleet.ts';
import { tree } from '../../unit/project/tree.ts';

const started: FakeCloud[] = [];
afterEach(async () => {
  for (const one of started.splice(0)) await one.close();
});

async function cloud(options: FakeOptions): Promise<FakeCloud> {
  const fake = await startFakeCloud(options);
  started.push(fake);
  return fake;
}

const entry = (url: string, password = PASSWORD) =>
  `{ auth: { auth_url: "${url}", username: admin, password: "${password}", project_name: admin } }`;

/** Reads an inventory of these clouds. */
async function load(clouds: Readonly<Record<string, string>>, text: string, env = {}) {
  const lines = Object.entries(clouds).map(([name, one]) => `  ${name}: ${one}\n`);
  const dir = await tree({ 'clouds.yaml': `clouds:\n${lines.join('')}`, 'openstack.yml': text });
  return loadInventory([join(dir, 'openstack.yml')], undefined, { env: { HOME: dir, ...env } });
}

const OWN = 'plugin: virtune.openstack\nclouds_yaml: clouds.yaml\n';
const told = ({ diagnostics }: Awaited<ReturnType<typeof loadInventory>>) =>
  diagnostics.map(({ message, place }) => `${place?.file.split('/').at(-1)}:${place?.line}: ${message}`);

describe('an inventory of clouds', () => {
  it('has the hypervisors with their servers and ports', async () => {
    const fake = await cloud({ fleet: fleetOf(5, 2) });
    const { inventory, diagnostics } = await load({ lab: entry(fake.authUrl) }, OWN);
    expect(diagnostics).toEqual([]);
    expect(inventory.groups.get('aggregate_ssd')?.hosts).toEqual(['cmp-001.example.net']);
    const servers = inventory.hosts.get('cmp-002.example.net')?.vars.openstack_servers;
    expect(servers).toMatchObject([
      {
        id: idOf(5, 1),
        name: 'web-1',
        project: { id: idOf(3, 1), name: 'project-1' },
        flavor: { name: 'limited' },
        ports: [
          {
            id: idOf(7, 2),
            mac: macOf(2),
            network: { id: idOf(4, 0), name: 'net1' },
            fixed_ips: ['192.168.1.25'],
          },
          { id: idOf(7, 3), mac: macOf(3), network: { id: idOf(4, 1), name: 'net2' } },
        ],
      },
      { id: idOf(5, 3) },
    ]);
  });

  it('tells of a cloud that takes a while, and of no other', async () => {
    const [quick, slow] = [await cloud({ fleet: fleetOf(1, 1) }), await cloud({ fleet: fleetOf(1, 1) })];
    const dir = await tree({
      'clouds.yaml': `clouds:\n  quick: ${entry(quick.authUrl)}\n  slow: ${entry(slow.authUrl)}\n`,
      'openstack.yml': `${OWN}clouds: [quick, slow]\nhostname: "{{ openstack.cloud }}"\n`,
    });
    const heard: string[] = [];
    const asked = () =>
      loadInventory([join(dir, 'openstack.yml')], undefined, {
        env: { HOME: dir },
        slow: ({ name }) => void heard.push(name),
        slowMs,
      });
    let slowMs = 60_000;
    expect((await asked()).diagnostics).toEqual([]);
    expect(heard).toEqual([]);
    // It says nothing until somebody has heard so.
    const server = Object.assign(slow, { answer: () => (heard.includes('slow') ? null : { status: 503 }) });
    slowMs = 1;
    expect([...(await asked()).inventory.hosts.keys()]).toEqual(['quick', 'slow']);
    expect(server.requests.length).toBeGreaterThan(0);
    expect(heard).toContain('slow');
  });

  it('says nothing of variables for groups that a cloud which does not answer would have brought', async () => {
    const fake = await cloud({});
    fake.answer = () => error(401, 'error', 'no');
    const dir = await tree({
      'clouds.yaml': `clouds:\n  lab: ${entry(fake.authUrl)}\n`,
      'openstack.yml': OWN,
      'group_vars/openstack.yml': 'ansible_user: root\n',
    });
    const { diagnostics } = await loadInventory([join(dir, 'openstack.yml')], undefined, {
      env: { HOME: dir },
    });
    expect(diagnostics.map(({ severity }) => severity)).toEqual(['error']);
  });

  it('has several clouds and regions side by side', async () => {
    const east = await cloud({ fleet: fleetOf(1, 1) });
    const west = await cloud({ fleet: fleetOf(1, 1), regions: ['one', 'two'] });
    const text = `${OWN}clouds: [east, west]\nhostname: "{{ openstack.cloud }}-{{ openstack.region }}"\n`;
    const regions = entry(west.authUrl).replace('{', '{ regions: [one, two],');
    const { inventory, diagnostics } = await load({ east: entry(east.authUrl), west: regions }, text);
    expect(diagnostics).toEqual([]);
    expect([...inventory.hosts.keys()]).toEqual(['east-RegionOne', 'west-one', 'west-two']);
    expect(west.requests.filter(({ method }) => method === 'POST')).toHaveLength(1);
  });

  it('knows the policies that limit a port, its own or its network’s', async () => {
    const fleet = fleetOf(1, 1);
    const port = (index: number) => ({
      ...fleet.ports.at(index),
      ...(index === 0
        ? { qos_policy_id: 'limits' }
        : { qos_policy_id: 'marks', qos_network_policy_id: 'limits' }),
    });
    const policies = [
      { id: 'limits', name: 'qos-8m', rules: [{ type: 'bandwidth_limit' }] },
      { id: 'marks', name: 'dscp', rules: [{ type: 'dscp_marking' }] },
    ];
    const agents = [
      {
        binary: 'neutron-linuxbridge-agent',
        host: 'cmp-001',
        alive: true,
        configurations: { extensions: ['qos'] },
      },
      { binary: 'neutron-dhcp-agent', host: 'cmp-001', alive: true, configurations: {} },
    ];
    const fake = await cloud({ fleet: { ...fleet, policies, agents, ports: { count: 2, at: port } } });
    const { inventory } = await load({ lab: entry(fake.authUrl) }, OWN);
    expect(inventory.hosts.get('cmp-001.example.net')?.vars).toMatchObject({
      openstack: { qos_agent: 'neutron-linuxbridge-agent' },
    });
    const [server] = inventory.hosts.get('cmp-001.example.net')!.vars.openstack_servers as {
      ports: object[];
    }[];
    expect(server?.ports[0]).toMatchObject({ qos: { policy: { id: 'limits', name: 'qos-8m' }, of: 'port' } });
    expect(server?.ports[1]).not.toHaveProperty('qos');
  });

  it('reads all pages of a Neutron that has an upper limit of its own, and of a Keystone that has pages', async () => {
    const fleet = fleetOf(1, 1);
    const port = (index: number) => ({ ...fleet.ports.at(index), qos_policy_id: 'marks' });
    const fake = await cloud({ fleet: { ...fleet, ports: { count: 2, at: port } } });
    const agent = { binary: 'neutron-linuxbridge-agent', host: 'cmp-001', alive: true };
    const other = { ...agent, host: 'elsewhere' };
    const lists: Record<string, readonly [string, readonly object[]]> = {
      '/RegionOne/v2.0/agents': ['agents', [other, { ...agent, configurations: { extensions: ['qos'] } }]],
      '/RegionOne/v2.0/qos/policies': [
        'policies',
        [{ id: 'a' }, { id: 'marks', rules: [{ type: 'dscp_marking' }] }],
      ],
      '/v3/projects': ['projects', [{ id: 'x', name: 'x' }, ...fleet.projects.slice(0, 1)]],
    };
    fake.answer = ({ path, query }) => {
      const [key, items] = lists[path] ?? ['', []];
      if (key === '') return null;
      const from = Number(query.get('marker') ?? 0);
      const href = `http://inside.invalid${path}?marker=${from + 1}`;
      const next = from + 1 < items.length ? href : null;
      const links =
        key === 'projects' ? { links: { next } } : next && { [`${key}_links`]: [{ rel: 'next', href }] };
      return { status: 200, body: { [key]: items.slice(from, from + 1), ...links } };
    };
    const { inventory, diagnostics } = await load({ lab: entry(fake.authUrl) }, OWN);
    expect(diagnostics).toEqual([]);
    const { openstack, openstack_servers: servers } = inventory.hosts.get('cmp-001.example.net')!.vars;
    expect(openstack).toMatchObject({ qos_agent: 'neutron-linuxbridge-agent' });
    const [server] = servers as { ports: object[]; project: object }[];
    expect(server?.ports[0]).not.toHaveProperty('qos');
    expect(server?.project).toEqual({ id: idOf(3, 0), name: 'project-0' });
    // Midway, what means "there is none" of the list as a whole means that a page is missing.
    const whole = fake.answer;
    fake.answer = (request, count) =>
      request.path.endsWith('/agents') && request.query.get('marker') !== null
        ? error(404, 'NeutronError', 'Agent could not be found')
        : whole(request, count);
    expect(told(await load({ lab: entry(fake.authUrl) }, OWN))).toEqual([
      expect.stringContaining('cloud lab: page 2 of /agents: GET'),
    ]);
  });

  it('says where Keystone cuts the list of projects short, and which servers are on no hypervisor of the list', async () => {
    const fleet = fleetOf(4, 2);
    const fake = await cloud({ fleet: { ...fleet, hypervisors: fleet.hypervisors.slice(0, 1) } });
    fake.answer = ({ path }) =>
      path === '/v3/projects'
        ? {
            status: 200,
            body: { projects: fleet.projects.slice(0, 2), links: { next: null }, truncated: true },
          }
        : null;
    expect(told(await load({ lab: entry(fake.authUrl) }, OWN))).toEqual([
      expect.stringContaining('Keystone tells the names of some projects only, since its list_limit cuts'),
      expect.stringContaining(
        'Nova tells of 2 servers on 1 host of which it lists no hypervisor (cmp-002): no rule reaches them',
      ),
    ]);
  });

  describe('a login that is not told', () => {
    const servers = (over: (index: number) => object) => {
      const { servers } = fleetOf(4, 2);
      return { ...servers, at: (index: number) => ({ ...servers.at(index), ...over(index) }) };
    };
    it.each<[string, Partial<FakeFleet>, string]>([
      [
        'where servers are',
        { servers: servers(() => ({ 'OS-EXT-SRV-ATTR:host': undefined })) },
        "Nova does not tell this login on which hosts servers are: it needs Nova's rule os_compute_api:os-extended-server-attributes, by default the role admin",
      ],
      [
        'of any port',
        { ports: { ...fleetOf(4, 2).ports, count: 0 } },
        'Neutron tells this login of no port of any server: it needs the role admin there, or advsvc',
      ],
    ])('%s is an error', async (_, part, message) => {
      const fake = await cloud({ fleet: { ...fleetOf(4, 2), ...part } });
      const found = await load({ lab: entry(fake.authUrl) }, OWN);
      expect(told(found)).toEqual([expect.stringContaining(`cloud lab: ${message}`)]);
    });

    it('what flavors say says so, and has no server for unlimited by that', async () => {
      const fleet = fleetOf(4, 2);
      const flavor = { original_name: 'limited', vcpus: 1, ram: 64, disk: 1 };
      const flavors = [{ id: '1', name: 'limited' }];
      const fake = await cloud({ fleet: { ...fleet, flavors, servers: servers(() => ({ flavor })) } });
      const found = await load({ lab: entry(fake.authUrl) }, OWN);
      expect(told(found)).toEqual([
        expect.stringContaining('Nova tells this login nothing of the extra specs of flavors'),
      ]);
      const [server] = found.inventory.hosts.get('cmp-001.example.net')!.vars.openstack_servers as object[];
      expect(server).toMatchObject({ flavor: { name: 'limited', quotas: {}, hidden: true } });
      // The copies of servers may be told, and the flavors of today not.
      const some = await cloud({ fleet: { ...fleet, flavors } });
      const { inventory } = await load({ lab: entry(some.authUrl) }, OWN);
      const [one] = inventory.hosts.get('cmp-001.example.net')!.vars.openstack_servers as object[];
      expect(one).toHaveProperty(['flavor', 'quotas', 'quota:vif_inbound_average']);
      expect(one).not.toHaveProperty(['flavor', 'current']);
    });

    it('of some ports says of which servers; of a new server and one that goes there may be none', async () => {
      const fleet = { ...fleetOf(4, 2), ports: { ...fleetOf(4, 2).ports, count: 2 } };
      const ages = [{}, {}, { created: new Date().toISOString() }, { 'OS-EXT-STS:task_state': 'deleting' }];
      const fake = await cloud({ fleet: { ...fleet, servers: servers((index) => ages[index] ?? {}) } });
      expect(told(await load({ lab: entry(fake.authUrl) }, OWN))).toEqual([
        expect.stringContaining(`Neutron tells of no port of 1 server (${idOf(5, 1)}), though Nova says`),
      ]);
    });
  });

  it('tells what the cloud does not: names of projects, cells that do not answer, hosts of other kinds', async () => {
    const fleet = fleetOf(1, 2);
    const hypervisors = [
      ...fleet.hypervisors,
      { id: 'x', hypervisor_hostname: 'iron', hypervisor_type: 'ironic' },
    ];
    const servers = { count: 1, at: () => ({ id: idOf(5, 9), status: 'UNKNOWN', tenant_id: 'p' }) };
    const fake = await cloud({ fleet: { ...fleet, hypervisors, servers } });
    fake.answer = ({ path }) => (path === '/v3/projects' ? error(403, 'error', 'no') : null);
    const found = await load({ lab: entry(fake.authUrl) }, OWN);
    expect(found.inventory.hosts.size).toBe(2);
    expect(told(found)).toEqual([
      'openstack.yml:1: cloud lab, region RegionOne: Keystone does not tell this user the names of projects: rules know them by ID alone',
      'openstack.yml:1: cloud lab, region RegionOne: of 1 server Nova tells nothing, since its cell does not answer: no rule by server names it',
      "openstack.yml:1: cloud lab, region RegionOne: 1 hypervisor is not libvirt's and left out: ironic",
    ]);
  });

  it('has nothing where something of it could not be read, and says where and what', async () => {
    const fake = await cloud({ fleet: fleetOf(5, 1) });
    expect(told(await load({ lab: entry('http://127.0.0.1:1') }, OWN))).toEqual([
      'openstack.yml:1: cloud lab: POST http://127.0.0.1:1/v3/auth/tokens: the connection is refused',
    ]);
    const wrong = await load({ lab: entry(fake.authUrl, 'wr0ng-pw') }, `${OWN}clouds: lab`);
    expect(told(wrong)[0]).toMatch(/^openstack.yml:3: cloud lab: POST .* gets 401: The request/);
    expect(JSON.stringify(wrong.diagnostics)).not.toContain('wr0ng-pw');
    fake.answer = ({ path, query }) =>
      path.endsWith('/ports') && query.get('marker') !== null ? { status: 200, text: '{"ports": [' } : null;
    const many = await cloud({ fleet: fleetOf(501, 1) });
    many.answer = fake.answer;
    const garbage = await load({ lab: entry(many.authUrl) }, OWN);
    expect(told(garbage)[0]).toMatch(
      /^openstack.yml:1: cloud lab: page 2 of \/ports: GET .*: the answer is not JSON$/,
    );
    expect(garbage.inventory.hosts.size).toBe(0);
    many.answer = ({ path }) =>
      path.includes('os-hypervisors') ? error(403, 'forbidden', "Policy doesn't allow") : null;
    const forbidden = await load({ lab: entry(many.authUrl) }, OWN);
    expect(forbidden.diagnostics[0]?.hint).toMatch(/admin/);
  });

  it('needs a Nova that tells flavors', async () => {
    const fake = await cloud({ fleet: fleetOf(1, 1), newest: '2.38' });
    expect(told(await load({ lab: entry(fake.authUrl) }, OWN))[0]).toContain(
      '2.38, and 2.47 (release Pike) is needed',
    );
  });

  it('is asked by nobody who has not said that it may be', async () => {
    const fake = await cloud({ fleet: fleetOf(1, 1) });
    const dir = await tree({ 'clouds.yaml': `clouds: { lab: ${entry(fake.authUrl)} }`, 'os.yml': OWN });
    const { inventory } = await loadInventory([join(dir, 'os.yml')]);
    expect(inventory.hosts.size).toBe(0);
    expect(fake.requests).toEqual([]);
  });
});
