import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, lab, type Played, play, removeGuests, virsh, write } from './lab.ts';

/**
 * Rows of Open vSwitch's own database that somebody changed behind libvirt's back. The lab's kernel has no policers, so
 * what VMs send is tried on the virtual machine (test/e2e/vm).
 */
describe.skipIf(LAB === '')(
  "the database of Open vSwitch behind libvirt's back",
  { concurrent: false },
  () => {
    const HOST = 'hv02';
    const MAC = '52:54:00:0f:50:02';
    let uuid = '';
    let device = '';
    const sh = (script: string) => lab(['exec', HOST, 'sh', '-ec', script]);
    const run = (inbound: object, ...args: string[]) =>
      play(
        write({ rules: [{ domain: 'ovs-guest', inbound }] }, { hosts: HOST }),
        ...args,
        '--verify',
        'kernel',
      );
    const LIMIT = { average: 1000, peak: 2000, burst: 500 };
    const told = ({ code, nics: [nic] }: Played) => [
      code,
      nic?.status,
      (nic as { kernel?: { drift: { kind: string; text: string }[] } } | undefined)?.kernel?.drift.map(
        ({ kind, text }) => `${kind} ${text}`,
      ),
    ];
    const IN_ORDER = [0, 'inSync', []];
    /** Of the port's QoS. */
    const config = async () =>
      (await sh(`ovs-vsctl get QoS $(ovs-vsctl get Port ${device} qos) other_config`)).trim();

    beforeAll(async () => {
      await removeGuests(HOST, 'ovs-');
      const nic = bridgeNic(MAC, "<virtualport type='openvswitch'/>", 'ovsbr0');
      uuid = await guest(HOST, 'ovs-guest', '--nic', nic);
      device = (await virsh(HOST, 'domiflist', uuid)).trim().split(/\s+/)[0] ?? '';
      expect((await run(LIMIT)).code).toBe(0);
    });
    afterAll(() => removeGuests(HOST, 'ovs-'));

    it('rows as libvirt has made them are in order', async () => {
      expect(told(await run(LIMIT, '--check'))).toEqual(IN_ORDER);
    });

    it('rows that were taken away, changed or left there are told, and set right', async () => {
      const LIBVIRT = 'libvirt describes 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB';
      const DB = "Open vSwitch's database";
      const whole = await config();
      await sh(`ovs-vsctl clear Port ${device} qos`);
      const missing = [`missing inbound: ${DB} has no limit; ${LIBVIRT}`];
      expect(told(await run(LIMIT, '--check'))).toEqual([2, 'pending', missing]);
      expect(told(await run(LIMIT))).toEqual([0, 'changed', missing]);
      expect(await config()).toBe(whole);

      await sh(`ovs-vsctl set QoS $(ovs-vsctl get Port ${device} qos) other_config:max-rate=24000000`);
      const differs = [`differs inbound: ${DB} has 8 Mbit/s, peak 24 Mbit/s, burst 500 KiB; ${LIBVIRT}`];
      expect(told(await run(LIMIT))).toEqual([0, 'changed', differs]);
      expect(await config()).toBe(whole);

      // libvirt leaves a burst there that it does not describe any more.
      await virsh(HOST, 'domiftune', uuid, MAC, '--live', '--config', '--inbound', '1000,2000');
      expect(await config()).toBe(whole);
      const left = [
        `differs inbound: ${DB} has 8 Mbit/s, peak 16 Mbit/s, burst 500 KiB; libvirt describes 8 Mbit/s, peak 16 Mbit/s`,
      ];
      const without = { average: 1000, peak: 2000 };
      expect(told(await run(without))).toEqual([0, 'changed', left]);
      expect(await config()).toBe('{max-rate="16000000", min-rate="8000000"}');
      expect(told(await run(without, '--check'))).toEqual(IN_ORDER);
    });

    it("somebody else's QoS is named and left", async () => {
      await sh(
        `ovs-vsctl set Port ${device} qos=@q -- --id=@q create QoS type=linux-htb other_config:max-rate=5000000`,
      );
      const before = await config();
      const refused = await run({ average: 3000 });
      expect([refused.code, refused.nics[0]?.status]).toEqual([5, 'refused']);
      expect(refused.nics[0]?.reason).toMatch(/QoS that libvirt did not make.*linux-htb/);
      expect(await config()).toBe(before);
    });
  },
);
