import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { mapOf } from '../../src/base/json.ts';
import { hardReboot, makeServer, type RealCloud, realCloud, untilStatus } from '../openstack/real_cloud.ts';
import { LAB, lab, type Played, play, startPlay, virtune, write } from './lab.ts';
import { whyLeftToLong } from './openstack/cloud.ts';

/** Limits as QoS policies of Neutron's ports, on a real OpenStack. It takes minutes: `npm run test:long` has it. */
const LEFT_OUT = whyLeftToLong();

const DIR = join(LAB, 'openstack');
const INVENTORY = join(DIR, 'inventory/openstack.yml');
const NAME = `e2e-neutron-${process.pid}`;
const SERVER = { match: { server: { name: NAME } }, nic: { network: 'net1' } };
/** The agent polices what a server sends, which not every kernel of a lab can; then it sets nothing at all. */
const INBOUND = { inbound: '16 Mbit/s', outbound: 'unlimited' };
const inside = (...words: string[]) => lab(['openstack', 'exec', ...words]);

interface Port {
  readonly id: string;
  readonly mac_address: string;
  readonly network_id: string;
  readonly qos_policy_id: string | null;
}
interface Policy {
  readonly id: string;
  readonly name: string;
  readonly shared: boolean;
  readonly tags: readonly string[];
  readonly rules: readonly { readonly direction: string; readonly max_kbps: number }[];
}

if (LEFT_OUT === '')
  describe('limits as policies of Neutron', { timeout: 900_000 }, () => {
    let admin: RealCloud;
    let demo: RealCloud;
    let id = '';
    let port = '';
    const state = mkdtempSync(join(tmpdir(), 'virtune-e2e-'));
    const limits = (rule: object, more: object = {}) =>
      write(
        { rules: [{ ...SERVER, ...rule }], enforce_with: 'neutron', ...more },
        { hosts: 'openstack', lab: INVENTORY },
      );
    const set = (rule: object, more: object = {}, ...args: string[]) =>
      play(limits(rule, more), '--state-dir', state, ...args);
    const portNow = async () => mapOf((await admin.get('network', `/ports/${port}`)).port) as unknown as Port;
    const policies = async () => {
      const all = (await admin.get('network', '/qos/policies')).policies as readonly Policy[];
      return all.filter(({ name }) => name.startsWith('virtune-'));
    };
    /** The policy of the port, as `NAME: ingress 8000, …`. */
    const policyNow = async () => {
      const { qos_policy_id } = await portNow();
      if (qos_policy_id === null) return null;
      const policy = mapOf(
        (await admin.get('network', `/qos/policies/${qos_policy_id}`)).policy,
      ) as unknown as Policy;
      const rules = policy.rules.map(({ direction, max_kbps }) => `${direction} ${max_kbps}`).sort();
      return { name: policy.name, tags: policy.tags, shared: policy.shared, rules };
    };
    const put = (qos_policy_id: string | null) =>
      admin.put('network', `/ports/${port}`, { port: { qos_policy_id } });
    const statuses = ({ nics }: Played) => nics.map(({ status }) => status);
    const tap = () => `tap${port.slice(0, 11)}`;
    const queue = () => inside('tc', 'qdisc', 'show', 'dev', tap());
    const untilInForce = () =>
      expect.poll(queue, { timeout: 180_000, interval: 1_000 }).toMatch(/qdisc tbf .* rate 16Mbit/);
    /** How often the agent has seen that the tap is gone. */
    const removals = async () =>
      (await inside('cat', '/run/lab/log/agent.log')).split(`Attachment ${tap()} removed`).length - 1;

    beforeAll(async () => {
      await lab(['openstack', 'up']);
      [admin, demo] = (await Promise.all(
        ['admin', 'demo'].map((name) => realCloud(join(DIR, 'clouds.yaml'), name)),
      )) as [RealCloud, RealCloud];
      // A run removes what it has taken from ports; what servers had that are gone stays for the next one to use.
      for (const one of await policies()) await admin.remove('network', `/qos/policies/${one.id}`);
      id = await makeServer(demo, { name: NAME, flavor: 'plain', networks: ['net1', 'net2'], tags: [] });
      const net = await admin.idOf('network', '/networks', 'networks', 'net1');
      const ports = (await admin.get('network', `/ports?device_id=${id}`)).ports as readonly Port[];
      port = ports.find(({ network_id }) => network_id === net)?.id ?? '';
    }, 1_800_000);
    afterAll(async () => {
      if (id !== '') await demo.remove('compute', `/servers/${id}`);
      admin?.close();
      demo?.close();
      if (process.env.VIRTUNE_TEST_LAB === undefined) await lab(['openstack', 'down']);
    });

    it('are made, tagged, put on the port and read back; a second run finds all in sync', async () => {
      const checked = await set({ rate: '16 Mbit/s' }, {}, '--check');
      expect(checked.code, checked.stdout + checked.stderr).toBe(2);
      expect(await policies()).toEqual([]);
      expect(await policyNow()).toBeNull();
      const ran = await set({ rate: '16 Mbit/s' });
      expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(statuses(ran)).toEqual(['changed']);
      expect(ran.nics[0]?.commands).toEqual(checked.nics[0]?.commands);
      expect(await policyNow()).toEqual({
        name: 'virtune-in-16000-out-16000',
        tags: ['virtune'],
        shared: false,
        rules: ['egress 16000', 'ingress 16000'],
      });
      const { qos_policy_id } = await portNow();
      for (const _ of [1, 2]) {
        const again = await set({ rate: '16 Mbit/s' });
        expect({ code: again.code, statuses: statuses(again) }).toEqual({ code: 0, statuses: ['inSync'] });
      }
      expect(await portNow()).toMatchObject({ qos_policy_id });
      expect(await policies()).toHaveLength(1);
    });

    it('are not the owner’s to take away', async () => {
      await expect(demo.put('network', `/ports/${port}`, { port: { qos_policy_id: null } })).rejects.toThrow(
        /gets 40[34]/,
      );
      expect(await policyNow()).not.toBeNull();
    });

    it('hold through a stop and a start by themselves, in the kernel too', async () => {
      const written = limits(INBOUND);
      expect(statuses(await play(written, '--verify', 'kernel'))).toEqual(['changed']);
      const removed = await removals();
      await demo.post('compute', `/servers/${id}/action`, { 'os-stop': null });
      await untilStatus(admin.get, id, 'SHUTOFF');
      await expect.poll(removals, { timeout: 180_000, interval: 500 }).toBe(removed + 1);
      await demo.post('compute', `/servers/${id}/action`, { 'os-start': null });
      await untilStatus(admin.get, id, 'ACTIVE');
      await untilInForce();
      const ran = await play(written, '--verify', 'kernel');
      expect({ code: ran.code, statuses: statuses(ran) }).toEqual({ code: 0, statuses: ['inSync'] });
    });

    it('are in force again after a hard reboot, by the agent or by a run that looks at the kernel', async () => {
      const written = limits(INBOUND);
      await hardReboot(admin, demo, id);
      // The agent knows a tap by its name: one that is back before it looks is the one of before to it.
      const ran = await play(written, '--verify', 'kernel');
      expect([ran.code, ...statuses(ran)], ran.stdout + ran.stderr).toEqual([
        0,
        expect.stringMatching(/^(?:changed|inSync)$/),
      ]);
      await untilInForce();
      const again = await play(written, '--verify', 'kernel');
      expect({ code: again.code, statuses: statuses(again) }).toEqual({ code: 0, statuses: ['inSync'] });
      expect((await policies()).map(({ name }) => name)).toEqual(['virtune-in-16000']);
    });

    it('become others, and what no port has any more is removed', async () => {
      const ran = await set({ inbound: '8 Mbit/s' });
      expect(statuses(ran)).toEqual(['changed']);
      expect((await policies()).map(({ name }) => name)).toEqual(['virtune-in-8000']);
      const back = await virtune(['rollback', 'last', '--state-dir', state, '-i', INVENTORY]);
      expect(back.code, back.stdout + back.stderr).toBe(0);
      expect((await policies()).map(({ name }) => name)).toEqual(['virtune-in-16000']);
      const none = await set({ rate: 'unlimited' });
      expect(statuses(none)).toEqual(['changed']);
      expect(await policyNow()).toBeNull();
      expect(await policies()).toEqual([]);
    });

    it('leave a policy of somebody else’s alone; where they are told to replace it, a rollback gives it back', async () => {
      const other = await admin.idOf('network', '/qos/policies', 'policies', 'qos-8m');
      await put(other);
      const ran = await set({ rate: '16 Mbit/s' });
      expect({ code: ran.code, statuses: statuses(ran) }).toEqual({ code: 3, statuses: ['conflict'] });
      expect(ran.nics[0]?.reason).toMatch(/has the QoS policy "qos-8m" \(.*\), which is not virtune's/);
      expect(await portNow()).toMatchObject({ qos_policy_id: other });
      const told = await set({ inbound: '16 Mbit/s' }, { neutron_qos: 'override' });
      expect(statuses(told)).toEqual(['changed']);
      expect(await policyNow()).toMatchObject({ name: 'virtune-in-16000' });
      const back = await virtune(['rollback', 'last', '--state-dir', state, '-i', INVENTORY]);
      expect(back.code, back.stdout + back.stderr).toBe(0);
      expect(await portNow()).toMatchObject({ qos_policy_id: other });
      await put(null);
    });

    it('are one where two runs set the same at once', async () => {
      const written = limits({ inbound: '24 Mbit/s' });
      const both = await Promise.all([1, 2].map(() => startPlay(written, '--state-dir', state).ended));
      for (const ran of both) expect(ran.code, ran.stdout + ran.stderr).toBe(0);
      expect(await policyNow()).toMatchObject({ rules: ['ingress 24000'] });
      const names = (await policies()).map(({ name }) => name);
      expect(new Set(names)).toEqual(new Set(['virtune-in-24000']));
      const again = await play(written);
      expect(statuses(again)).toEqual(['inSync']);
      await set({ rate: 'unlimited' });
    });

    it('go with the last server that had them', async () => {
      const name = `${NAME}-gone`;
      const gone = await makeServer(demo, { name, flavor: 'plain', networks: ['net1'], tags: [] });
      const rules = [
        { match: { server: { name: `${NAME}*` } }, nic: { network: 'net1' }, inbound: '32 Mbit/s' },
      ];
      const both = write({ rules, enforce_with: 'neutron' }, { hosts: 'openstack', lab: INVENTORY });
      expect(statuses(await play(both))).toEqual(['changed', 'changed']);
      await set({ inbound: '8 Mbit/s' });
      expect((await policies()).map(({ name }) => name).sort()).toEqual([
        'virtune-in-32000',
        'virtune-in-8000',
      ]);
      await demo.remove('compute', `/servers/${gone}`);
      const ports = async () =>
        (await admin.get('network', `/ports?device_id=${gone}`)).ports as readonly Port[];
      await expect.poll(async () => (await ports()).length, { timeout: 180_000 }).toBe(0);
      expect((await policies()).map(({ name }) => name).sort()).toEqual([
        'virtune-in-32000',
        'virtune-in-8000',
      ]);
      await set({ inbound: '8 Mbit/s' });
      expect((await policies()).map(({ name }) => name)).toEqual(['virtune-in-8000']);
      await set({ rate: 'unlimited' });
      expect(await policies()).toEqual([]);
    });
  });
else describe('limits as policies of Neutron', () => it.skip(`left out: ${LEFT_OUT}`, () => {}));
