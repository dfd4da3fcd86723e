import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hardReboot, makeServer, type RealCloud } from '../openstack/real_cloud.ts';
import { play, virtune, write } from './lab.ts';
import { type LabCloud, labCloud, whyLeftToLong } from './openstack/cloud.ts';
import { serveCloud } from './openstack/served.ts';

/** Clouds whose Neutron is another one, each by itself, and two clouds in one inventory. `npm run test:long`'s. */

const LEFT_OUT = whyLeftToLong();

/** Each operation of Nova takes as long as its machine lets it. */
const SLOW = { timeout: 600_000 };

const NAME = `kinds-${process.pid}`;
const FLAVOR = ['in 1280, out 640', 'in 1280, out 640'];
const DECLARED = ['in 3000, out 3000', 'in 3000, out 3000'];
const OVS = 'neutron-openvswitch-agent';
const RULES = [{ name: 'declared', match: { server: { name: NAME } }, rate: 3000 }];

/** A server of the lab's cloud with a NIC in both networks, and the clouds that it was made with. */
interface Stage {
  readonly lab: LabCloud;
  readonly admin: RealCloud;
  readonly demo: RealCloud;
  readonly id: string;
}

async function stageOf(lab: LabCloud): Promise<Stage> {
  const [admin, demo] = (await Promise.all(['admin', 'demo'].map(lab.login))) as [RealCloud, RealCloud];
  const networks = ['net1', 'net2'];
  const id = await makeServer(demo, { name: NAME, flavor: 'limited', networks, tags: [] });
  return { lab, admin, demo, id };
}

const limitsOf = async ({ lab, id }: Stage) => [
  [...(await lab.described(id)).values()],
  [...(await lab.described(id, '--inactive')).values()],
];

async function untilLimits(stage: Stage, wanted: readonly string[], told: () => string): Promise<void> {
  const end = Date.now() + 600_000;
  for (;;) {
    const found = await limitsOf(stage).catch((error: Error) => error.message);
    if (JSON.stringify(found) === JSON.stringify([wanted, wanted])) return;
    if (Date.now() > end) expect(found, told().slice(-5_000)).toEqual([wanted, wanted]);
    await sleep(300);
  }
}

/** What Open vSwitch lets through to a server by a port, in bit/s; '' for no limit. Its own client tells. */
async function inboundOf({ lab }: Stage, target: string): Promise<string> {
  const told = await lab.inside('ovs-vsctl', '--format=json', '--columns=qos', 'list', 'Port', target);
  const qos = /"uuid","(.*?)"/.exec(told)?.[1];
  if (qos === undefined) return '';
  const queues = await lab.inside('ovs-vsctl', '--format=json', '--columns=queues', 'list', 'QoS', qos);
  const queue = /\[0,\["uuid","(.*?)"/.exec(queues)?.[1] ?? '';
  const rates = await lab.inside(
    'ovs-vsctl',
    '--format=json',
    '--columns=other_config',
    'list',
    'Queue',
    queue,
  );
  return /"max-rate","(\d+)"/.exec(rates)?.[1] ?? '';
}

const reboot = ({ admin, demo, id }: Stage) => hardReboot(admin, demo, id);

if (LEFT_OUT === '') {
  describe.each([
    ['linuxbridge without the extension qos', ['--no-qos'], 'bridge', 'neutron-linuxbridge-agent', ''],
    ['Open vSwitch', ['--ovs'], 'ethernet', OVS, OVS],
    ['Open vSwitch without the extension qos', ['--ovs', '--no-qos'], 'ethernet', OVS, ''],
  ] as const)('a cloud with %s', SLOW, (_, options, type, program, agent) => {
    const state = mkdtempSync(join(tmpdir(), 'virtune-kind-'));
    const lab = labCloud(state);
    let stage: Stage;
    beforeAll(async () => {
      await lab.up(...options);
      stage = await stageOf(lab);
    }, 1_800_000);
    afterAll(async () => {
      stage?.admin.close();
      stage?.demo.close();
      await lab.down();
      rmSync(state, { recursive: true, force: true });
    }, 120_000);

    it('is read, limited and limited again after a hard reboot', async () => {
      const { stdout } = await virtune(['inventory', '-i', lab.inventory, '--host', 'cmp01']);
      expect(JSON.parse(stdout).openstack.qos_agent ?? '').toBe(agent);
      const written = write({ rules: RULES }, { hosts: 'openstack', lab: lab.inventory });
      const ran = await play(written);
      expect(ran.nics.map(({ status, subject }) => [status, subject.type])).toEqual([
        ['changed', type],
        ['changed', type],
      ]);
      expect(await limitsOf(stage)).toEqual([DECLARED, DECLARED]);
      await reboot(stage);
      expect(await limitsOf(stage)).toEqual([FLAVOR, FLAVOR]);
      expect((await play(written)).nics.map(({ status }) => status)).toEqual(['changed', 'changed']);
      expect(await limitsOf(stage)).toEqual([DECLARED, DECLARED]);
    });

    it('has by doctor an agent that takes limits away, or none', async () => {
      const { stdout } = await virtune(['doctor', 'cmp01', '-i', lab.inventory]);
      expect(/warning +Neutron +\S+ runs with the extension qos/.test(stdout)).toBe(agent !== '');
    });

    it('is limited by policies of Neutron, or says that its agent does not follow them', async () => {
      // The agent polices what a server sends, which not every kernel of a lab can.
      const limited = (inbound: string) =>
        write(
          {
            rules: [{ match: { server: { name: NAME } }, nic: { network: 'net1' }, inbound }],
            enforce_with: 'neutron',
          },
          { hosts: 'openstack', lab: lab.inventory },
        );
      const policies = async () => (await stage.admin.get('network', '/qos/policies')).policies;
      const before = await policies();
      const written = limited('16 Mbit/s');
      const ran = await play(written, '--verify', 'kernel');
      if (agent === '') {
        expect(ran.nics).toMatchObject([
          {
            status: 'unsupported',
            reason: expect.stringContaining(`${program} on cmp01 runs without the extension qos`),
          },
        ]);
        expect(await policies()).toEqual(before);
        return;
      }
      expect(
        ran.nics.map(({ status }) => status),
        ran.stdout + ran.stderr,
      ).toEqual(['changed']);
      const inForce = () => inboundOf(stage, ran.nics[0]?.subject.target ?? '');
      expect(await inForce()).toBe('16000000');
      await reboot(stage);
      // The agent makes it anew by itself.
      await expect.poll(inForce, { timeout: 180_000, interval: 1_000 }).toBe('16000000');
      const again = await play(written, '--verify', 'kernel');
      expect(
        again.nics.map(({ status }) => status),
        again.stdout + again.stderr,
      ).toEqual(['inSync']);
      expect((await play(limited('unlimited'))).nics.map(({ status }) => status)).toEqual(['changed']);
      await expect.poll(inForce, { timeout: 180_000, interval: 1_000 }).toBe('');
      expect(await policies()).toEqual(before);
    });
  });

  describe('two clouds in one inventory', SLOW, () => {
    const dir = mkdtempSync(join(tmpdir(), 'virtune-clouds-'));
    const clouds = { east: labCloud(), west: labCloud(join(dir, 'west')) };
    const stages: Partial<Record<keyof typeof clouds, Stage>> = {};
    const inventory = join(dir, 'openstack.yml');
    const stage = (name: keyof typeof clouds) => stages[name] as Stage;
    beforeAll(async () => {
      for (const [name, lab] of Object.entries(clouds)) {
        await lab.up();
        stages[name as keyof typeof clouds] = await stageOf(lab);
      }
      // As one clouds.yaml has them: the same names of users and of a hypervisor, in two clouds.
      const texts = Object.entries(clouds).map(([name, { cloudsYaml }]) =>
        readFileSync(cloudsYaml, 'utf8')
          .replace('clouds:\n', '')
          .replaceAll(/^ {2}(\w+):$/gm, `  ${name}-$1:`),
      );
      writeFileSync(join(dir, 'clouds.yaml'), `clouds:\n${texts.join('')}`);
      writeFileSync(
        inventory,
        JSON.stringify({
          plugin: 'virtune.openstack',
          clouds: ['east-admin', 'west-admin'],
          clouds_yaml: 'clouds.yaml',
          hostname: '{{ openstack.cloud }}.{{ openstack.name }}',
        }),
      );
      mkdirSync(join(dir, 'group_vars'));
      for (const [name, lab] of Object.entries(clouds))
        writeFileSync(
          join(dir, 'group_vars', `cloud_${name}-admin.yml`),
          readFileSync(join(lab.dir, 'inventory/group_vars/openstack.yml')),
        );
    }, 1_800_000);
    afterAll(async () => {
      for (const { admin, demo, id } of Object.values(stages)) {
        await demo.remove('compute', `/servers/${id}`).catch(() => {});
        admin.close();
        demo.close();
      }
      await clouds.west.down();
      rmSync(dir, { recursive: true, force: true });
    }, 120_000);

    it('are limited by one run', async () => {
      const graph = await virtune(['inventory', '-i', inventory, '--graph', 'openstack']);
      expect(graph.stdout).toContain('--east-admin.cmp01');
      expect(graph.stdout).toContain('--west-admin.cmp01');
      const ran = await play(write({ rules: RULES }, { hosts: 'openstack', lab: inventory }));
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(
        ran.report.hosts.map(({ name, resources }) => [name, resources.map(({ status }) => status)]),
      ).toEqual([
        ['east-admin.cmp01', ['changed', 'changed']],
        ['west-admin.cmp01', ['changed', 'changed']],
      ]);
      for (const name of ['east', 'west'] as const)
        expect(await limitsOf(stage(name))).toEqual([DECLARED, DECLARED]);
    });

    it('are kept by one serve, which takes requests of the callers of its own cloud', async () => {
      const east = stage('east');
      const { playbook } = write({ rules: RULES }, { hosts: 'openstack', lab: inventory });
      const address = new URL(east.admin.cloud.config.authUrl).hostname.replace(/\.\d+$/, '.1');
      const args = ['--state-dir', join(dir, 'state'), '--os-cloud', 'east-service'];
      const cloudsYaml = join(dir, 'clouds.yaml');
      const served = await serveCloud({ playbook, address, cloudsYaml, inventory: ['-i', inventory], args });
      try {
        const { token } = await east.demo.cloud.session();
        const set = async (id: string) =>
          (
            await fetch(`${served.url}/v2.1/servers/${id}/action`, {
              method: 'POST',
              headers: { 'x-auth-token': token, 'content-type': 'application/json' },
              body: JSON.stringify({ setInterface: { interface: 1, rate: 10240 } }),
            })
          ).status;
        expect([await set(east.id), await set(stage('west').id)]).toEqual([202, 404]);
        const own = ['in 10240, out 10240', DECLARED[1] ?? ''];
        await untilLimits(east, own, served.said);
        await Promise.all([reboot(east), reboot(stage('west'))]);
        await untilLimits(east, own, served.said);
        await untilLimits(stage('west'), DECLARED, served.said);
      } finally {
        await served.stop();
      }
    });
  });
} else describe('other kinds of clouds', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));
