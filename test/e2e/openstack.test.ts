import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapOf } from '../../src/base/json.ts';
import { hardReboot, makeServer, type RealCloud } from '../openstack/real_cloud.ts';
import { play, virtune, write } from './lab.ts';
import { labCloud, unhurried, whyLeftOut } from './openstack/cloud.ts';

/**
 * A real OpenStack: the cloud as inventory, rules by what it says, and what Nova and Neutron do to limits. Building it
 * takes some five minutes: `npm run test:long` and CI do that, `npm test` elsewhere tests where it is in the lab's cache.
 */
const LEFT_OUT = whyLeftOut();
const { inventory: INVENTORY, cloudsYaml: CLOUDS, up, described: describedOf, login } = labCloud();
const FLAVOR = {
  inbound: { average: 1280, peak: 2560, burst: 1280, floor: 0 },
  outbound: { average: 640, peak: 1280, burst: 640, floor: 0 },
};
const alike = (value: number) => {
  const limit = { average: value, peak: value, burst: value, floor: 0 };
  return { inbound: limit, outbound: limit };
};
const rules = (list: readonly object[], more: object = {}) =>
  write({ rules: list, ...more }, { hosts: 'openstack', lab: INVENTORY });
/** Of this run alone: a lab may be kept. */
const NAME = `e2e-${process.pid}`;
const SERVER = {
  match: { server: { name: NAME, project: 'demo', tags: 'blue', metadata: { tier: 'g*' } } },
};

if (LEFT_OUT === '')
  describe('a real OpenStack', () => {
    let admin: RealCloud;
    let demo: RealCloud;
    let id = '';
    let ports: readonly Readonly<Record<string, unknown>>[] = [];
    const macOn = async (network: string) => {
      const net = await admin.idOf('network', '/networks', 'networks', network);
      return String(ports.find(({ network_id }) => network_id === net)?.mac_address);
    };
    const described = (...flags: string[]) => describedOf(id, ...flags);

    beforeAll(async () => {
      await up();
      [admin, demo] = (await Promise.all(['admin', 'demo'].map(login))) as [RealCloud, RealCloud];
      id = await makeServer(demo, {
        ...{ name: NAME, flavor: 'limited', networks: ['net1', 'net2'] },
        tags: ['blue', 'virtune:nic2=50Mbit'],
      });
      ports = (await admin.get('network', `/ports?device_id=${id}`)).ports as typeof ports;
    }, 1_800_000);
    afterAll(async () => {
      if (id !== '') await demo.remove('compute', `/servers/${id}`);
      admin?.close();
      demo?.close();
    });

    it('is an inventory: its hypervisor is a host, in groups by what Nova says', async () => {
      const graph = await virtune(['inventory', '-i', INVENTORY, '--graph']);
      expect([graph.code, unhurried(graph.stderr)]).toEqual([0, '']);
      for (const group of ['cloud_admin', 'region_RegionOne', 'zone_nova', 'state_up', 'status_enabled'])
        expect(graph.stdout).toMatch(new RegExp(`--@${group}:\\n(?:  \\|)*  \\|--cmp01\\n`));
      const host = await virtune(['inventory', '-i', INVENTORY, '--host', 'cmp01']);
      const vars = JSON.parse(host.stdout);
      expect(vars.openstack).toMatchObject({
        cloud: 'admin',
        host: 'cmp01',
        type: 'QEMU',
        qos_agent: expect.any(String),
      });
      const server = vars.openstack_servers.find((one: { id: string }) => one.id === id);
      expect(server).toMatchObject({
        name: NAME,
        project: { name: 'demo' },
        flavor: { name: 'limited' },
      });
      expect(server.ports).toHaveLength(2);
    });

    it('says which NICs rules name by server and port, and their limits are set by MAC', async () => {
      const [first, second] = [await macOn('net1'), await macOn('net2')];
      const written = rules([
        { ...SERVER, from: 'flavor' },
        { ...SERVER, nic: { network: 'net1' }, rate: '20 Mbit/s' },
        {
          nic: { port: String(ports.find(({ mac_address }) => mac_address === second)?.id) },
          outbound: '8 Mbit/s',
        },
      ]);
      const ran = await play(written);
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(new Map(ran.nics.map((nic) => [nic.subject.mac, nic.desired]))).toEqual(
        new Map<string, object>([
          [first, alike(2500)],
          [second, { inbound: FLAVOR.inbound, outbound: { average: 1000, peak: 0, burst: 0, floor: 0 } }],
        ]),
      );
      expect(ran.nics.find(({ subject }) => subject.mac === first)?.notes?.[0]).toMatch(
        /Nova sets at the next hard reboot/,
      );
      for (const flags of [[], ['--inactive']])
        expect(await described(...flags)).toEqual(
          new Map([
            [first, 'in 2500, out 2500'],
            [second, 'in 1280, out 1000'],
          ]),
        );
      const again = await play(written);
      expect(
        again.nics.map(({ status }) => status),
        again.stdout,
      ).toEqual(['inSync', 'inSync']);
    });

    it('takes what the owner asks for in a tag, up to the bound of the rule', async () => {
      const ran = await play(rules([{ ...SERVER, from: 'tags', at_most: '40 Mbit/s' }]), '--check');
      expect(ran.nics).toMatchObject([{ subject: { index: 2 }, status: 'pending', desired: alike(5000) }]);
      expect(ran.nics[0]?.notes?.[0]).toContain('asks for more than the rule');
    });

    it('brings a changed flavor to a running server', async () => {
      const flavor = await admin.idOf('compute', '/flavors/detail', 'flavors', 'limited');
      const specs = `/flavors/${flavor}/os-extra_specs/quota:vif_inbound_average`;
      const set = (value: string) => admin.put('compute', specs, { 'quota:vif_inbound_average': value });
      await set('2000');
      try {
        const ran = await play(rules([{ ...SERVER, from: 'flavor' }]));
        expect(ran.code).toBe(0);
        expect([...(await described()).values()]).toEqual(['in 2000, out 640', 'in 2000, out 640']);
        expect(ran.nics[0]?.notes).toContainEqual(
          expect.stringMatching(/^its flavor "limited" has other limits/),
        );
      } finally {
        await set('1280');
      }
    });

    it('is told of NICs that Neutron limits, and nothing is written to them', async () => {
      const policy = await admin.idOf('network', '/qos/policies', 'policies', 'qos-8m');
      const [port, other] = ports;
      const put = (qos_policy_id: string | null) =>
        admin.put('network', `/ports/${port?.id}`, { port: { qos_policy_id } });
      const before = await described();
      await put(policy);
      try {
        const ran = await play(rules([{ ...SERVER, rate: '30 Mbit/s' }]));
        expect(ran.code).toBe(3);
        const states = new Map(ran.nics.map(({ subject, status }) => [subject.mac, status]));
        expect(states.get(String(port?.mac_address))).toBe('conflict');
        expect(states.get(String(other?.mac_address))).toBe('changed');
        expect((await described()).get(String(port?.mac_address))).toBe(
          before.get(String(port?.mac_address)),
        );
        const all = await play(
          rules([{ ...SERVER, rate: '30 Mbit/s' }], { neutron_qos: 'override' }),
          '--check',
        );
        expect(all.nics.map(({ status }) => status).sort()).toEqual(['inSync', 'pending']);
      } finally {
        await put(null);
      }
    });

    it('restores the flavor at a hard reboot, and the next run sets the limits again', async () => {
      const written = rules([{ ...SERVER, rate: '24 Mbit/s' }]);
      expect(await play(written)).toMatchObject({ code: 0 });
      await hardReboot(admin, demo, id);
      expect([...(await described('--inactive')).values()]).toEqual(['in 1280, out 640', 'in 1280, out 640']);
      const ran = await play(written);
      expect(
        ran.nics.map(({ status }) => status),
        ran.stdout,
      ).toEqual(['changed', 'changed']);
      expect([...(await described('--inactive')).values()]).toEqual([
        'in 3000, out 3000',
        'in 3000, out 3000',
      ]);
    });

    it('is read with an application credential as with a password', async () => {
      const { info } = await admin.cloud.session();
      const made = await admin.post('identity', `/users/${info.userId}/application_credentials`, {
        application_credential: { name: `e2e-${Date.now()}` },
      });
      const credential = mapOf(made.application_credential);
      const dir = mkdtempSync(join(tmpdir(), 'virtune-e2e-'));
      mkdirSync(join(dir, 'group_vars'));
      writeFileSync(
        join(dir, 'clouds.yaml'),
        JSON.stringify({
          clouds: {
            app: {
              auth_type: 'v3applicationcredential',
              auth: {
                auth_url: admin.cloud.config.authUrl,
                application_credential_id: credential.id,
                application_credential_secret: credential.secret,
              },
            },
          },
        }),
      );
      writeFileSync(join(dir, 'openstack.yml'), 'plugin: virtune.openstack\nclouds_yaml: clouds.yaml\n');
      const graph = await virtune(['inventory', '-i', join(dir, 'openstack.yml'), '--graph', 'cloud_app']);
      expect(graph).toMatchObject({ code: 0, stdout: '@cloud_app:\n  |--cmp01\n' });
    });

    it('refuses a wrong password and a user who may not list hypervisors, before any host is contacted', async () => {
      const dir = mkdtempSync(join(tmpdir(), 'virtune-e2e-'));
      const clouds = readFileSync(CLOUDS, 'utf8');
      writeFileSync(join(dir, 'clouds.yaml'), clouds.replace('password: lab', 'password: wr0ng'));
      const file = (cloud: string) => {
        const path = join(dir, `${cloud}.yml`);
        writeFileSync(path, `plugin: virtune.openstack\nclouds: ${cloud}\nclouds_yaml: clouds.yaml\n`);
        return path;
      };
      const wrong = await virtune([
        'validate',
        '-i',
        file('admin'),
        rules([{ domain: 'x', rate: '1 MB/s' }]).playbook,
      ]);
      expect(wrong.code).toBe(1);
      expect(wrong.stderr).toMatch(
        /admin\.yml:2:\d+: error: cloud admin: POST .*auth\/tokens gets 401: The request you have made/,
      );
      expect(wrong.stderr + wrong.stdout).not.toContain('wr0ng');
      const member = await virtune(['inventory', '-i', file('demo'), '--list']);
      expect(member.code).toBe(1);
      expect(member.stderr).toMatch(/demo\.yml:2:\d+: error: cloud demo: .*gets 403: Policy doesn't allow/);
    });

    it('has an agent that takes limits away, which doctor says', async () => {
      const ran = await virtune(['doctor', 'cmp01', '-i', INVENTORY]);
      expect(ran.stdout).toMatch(/warning +Neutron +neutron-linuxbridge-agent runs with the extension qos/);
    });
  });
else describe('a real OpenStack', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));
