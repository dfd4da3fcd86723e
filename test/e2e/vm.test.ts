import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { declareDrawn } from './draw.ts';
import { bandwidth, bridgeNic, guest, LAB, lab, play, removeGuests, virsh, write } from './lab.ts';
import { behindLibvirtsBack, type Guest } from './vm/behind.ts';
import { inLong } from './vm/in_long.ts';
import { trafficAtLimits } from './vm/traffic.ts';
import { watchedKernel } from './vm/watched.ts';
import type { VmLab } from './vm_lab.ts';
import { onVm, startVm, VM } from './vm_lab.ts';

/** What the kernel and Open vSwitch really do with the limits, in a virtual machine with Debian's kernel; CI plays two parts. */
describe('a kernel with all of tc', { concurrent: false, timeout: 600_000 }, () => {
  const NAME = `kernel-${process.pid}`;
  const MACS = ['01', '02', '03', '04'].map((n) => `52:54:00:dd:00:${n}`);
  const [BRIDGE, OVS, MACVTAP, OTHER] = MACS as [string, string, string, string];
  let vm: VmLab = { missing: 'not started', close: async () => {} };
  let uuid = '';
  /** By MAC: the tap or macvtap device of the NIC. */
  const devices = new Map<string, string>();

  beforeAll(async () => {
    vm = await startVm();
    if (vm.missing !== '') return;
    const nic = (mac: string, type: string, source: string) =>
      `<interface type='${type}'><mac address='${mac}'/>${source}<model type='virtio'/><rom enabled='no'/></interface>`;
    uuid = await guest(
      VM,
      NAME,
      ...[
        bridgeNic(BRIDGE),
        bridgeNic(OVS, "<virtualport type='openvswitch'/>", 'ovsbr0'),
        nic(MACVTAP, 'direct', "<source dev='dummy0' mode='bridge'/>"),
        bridgeNic(OTHER),
      ].flatMap((xml) => ['--nic', xml]),
    );
    for (const line of (await virsh(VM, 'domiflist', uuid)).trim().split('\n')) {
      const [device = '', , , , mac = ''] = line.trim().split(/ +/);
      devices.set(mac, device);
    }
  }, 1_200_000);

  beforeEach(onVm(() => vm));

  afterAll(async () => {
    if (vm.missing === '') await removeGuests(VM, 'kernel-');
    await vm.close();
  });

  const limits = async (mac: string, rule: object, ...args: string[]) => {
    const rules = [{ domain: NAME, nic: { mac }, ...rule }];
    const played = await play(
      write({ rules }, { hosts: 'all', lab: join(LAB, 'vm', 'inventory.yml') }),
      ...args,
    );
    return { ...played, nic: played.nics[0]! };
  };

  /** Everything that tc shows of a NIC's device. */
  const tc = async (mac: string) => {
    const device = devices.get(mac)!;
    const script =
      'tc qdisc show dev $0; tc class show dev $0; tc filter show dev $0; tc filter show dev $0 parent ffff:';
    return (await lab(['exec', VM, 'sh', '-c', script, device])).replaceAll(/\s+$/gm, '').trim();
  };

  /** All that tc shows of a device without limits; libvirt gives its queue a handle when it clears one. */
  const NOTHING = /^qdisc noqueue \w+: root refcnt 2$/;

  const onBothSides = async (index: number) => [
    (await bandwidth(VM, uuid))[index],
    (await bandwidth(VM, uuid, '--inactive'))[index],
  ];

  const RULE = {
    inbound: { average: '8 Mbit/s', peak: '16 Mbit/s', burst: '512 KiB' },
    outbound: '4 Mbit/s',
  };

  it('has the real tc, not the stand-in of the namespaces', async () => {
    await lab(['exec', VM, 'test', '-e', '/run/lab/real-tc']);
  });

  inLong('holds rates above 34.36 Gbit/s; only the burst has an end there', async () => {
    const high = await limits(OTHER, { inbound: '40 Gbit/s', outbound: '67.10784 Gbit/s' });
    expect([high.code, high.nic.status, high.nic.reason]).toEqual([0, 'changed', undefined]);
    const shown = await tc(OTHER);
    expect(shown).toMatch(/^class htb 1:1 root leaf 2: .*rate 40Gbit ceil 40Gbit /m);
    expect(shown).toMatch(/police 0x\w+ rate 67107Mbit burst 42949520/);
    expect((await limits(OTHER, { rate: '40 Gbit/s' })).nic.notes).toContain(
      'inbound: the burst is 4194303 KiB, the most that tc can hold',
    );
    const all = "average='5000000' peak='5000000' burst='4194303'";
    expect(await onBothSides(3)).toEqual([
      `<inbound ${all}/><outbound ${all}/>`,
      `<inbound ${all}/><outbound ${all}/>`,
    ]);
    const again = await limits(OTHER, { rate: '40 Gbit/s' }, '--check');
    expect([again.code, again.nic.status]).toEqual([0, 'inSync']);
    const most = await limits(OTHER, { inbound: '34359.73836 Gbit/s', outbound: 4_294_967_295 });
    expect([most.code, most.nic.status]).toEqual([0, 'changed']);
    expect(await tc(OTHER)).toMatch(/^class htb .*rate 34359Gbit ceil 34359Gbit /m);
    expect((await limits(OTHER, { rate: 'unlimited' })).nic.status).toBe('changed');
    expect(await tc(OTHER)).toMatch(NOTHING);
  });

  inLong('keeps the burst of which no advice says that it cannot, and not the next one', async () => {
    const burst = async (kib: number) => {
      const { stderr } = await limits(OTHER, { inbound: { average: 10_240, peak: 10_240, burst: kib } });
      return [stderr.includes('more than 274 s'), /burst (\S+) cburst/.exec(await tc(OTHER))?.[1]];
    };
    expect(await burst(2_748_000)).toEqual([false, '2.748e+06Kb']);
    expect(await burst(2_760_000)).toEqual([true, '11490232b']);
    await limits(OTHER, { rate: 'unlimited' });
  });

  const theGuest: Guest = {
    name: NAME,
    uuid: () => uuid,
    macs: MACS,
    device: (nic) => devices.get(MACS[nic - 1] ?? '') ?? '',
    tc: (nic) => tc(MACS[nic - 1] ?? ''),
    missing: () => vm.missing !== '',
  };
  if (LONG) trafficAtLimits(theGuest);
  if (LONG) watchedKernel(theGuest);

  declareDrawn(2, [
    () => {
      it('on a bridge: shapes what the VM receives and polices what it sends', async () => {
        const { code, nic } = await limits(BRIDGE, RULE);
        expect([code, nic.status, nic.reason]).toEqual([0, 'changed', undefined]);
        const xml = "<inbound average='1000' peak='2000' burst='512'/><outbound average='500'/>";
        expect(await onBothSides(0)).toEqual([xml, xml]);
        const shown = await tc(BRIDGE);
        expect(shown).toMatch(/^qdisc htb 1: root .*default 0x1 /m);
        expect(shown).toMatch(/^qdisc sfq 2: parent 1:1 .*perturb 10sec$/m);
        expect(shown).toMatch(/^qdisc ingress ffff: /m);
        expect(shown.match(/^class .*/gm)).toEqual([
          expect.stringMatching(/^class htb 1:1 root leaf 2: .*rate 8Mbit ceil 16Mbit burst 512Kb /),
        ]);
        expect(shown).toMatch(/^filter parent 1: protocol all pref 1 fw chain 0 handle 0x1 classid :1$/m);
        // Without a burst of its own a policer gets as much as passes in a second.
        expect(shown.match(/police .*/g)).toEqual([
          expect.stringMatching(/^police 0x\w+ rate 4Mbit burst 500Kb mtu 64Kb action drop /),
        ]);
      });

      it('finds it in sync after that, and leaves the queues alone', async () => {
        const before = await tc(BRIDGE);
        const { code, nic } = await limits(BRIDGE, RULE);
        expect([code, nic.status]).toEqual([0, 'inSync']);
        expect(await tc(BRIDGE)).toBe(before);
      });

      it('on a bridge: nothing is left of limits that are taken away', async () => {
        const { code, nic } = await limits(BRIDGE, { inbound: 'unlimited', outbound: 'unlimited' });
        expect([code, nic.status]).toEqual([0, 'changed']);
        expect(await onBothSides(0)).toEqual(['', '']);
        expect(await tc(BRIDGE)).toMatch(NOTHING);
      });
    },
    () =>
      describe('on Open vSwitch', () => {
        const entries = (text: string) =>
          Object.fromEntries(
            [...text.matchAll(/([\w-]+)="(\d+)"/g)].map(([, key, value]) => [key, Number(value)]),
          );

        /** What OVSDB has for the port. */
        const ovsdb = async () => {
          const script = `
        q=$(ovs-vsctl get port $0 qos)
        if [ "$q" != "[]" ]; then ovs-vsctl get qos $q other_config; ovs-vsctl get queue $(ovs-vsctl get qos $q queues:0) other_config
        else echo none; echo none; fi
        ovs-vsctl get interface $0 ingress_policing_rate ingress_policing_burst`;
          const [qos = '', queue = '', rate, burst] = (
            await lab(['exec', VM, 'sh', '-ec', script, devices.get(OVS)!])
          )
            .trim()
            .split('\n');
          expect(entries(queue)).toEqual(entries(qos));
          return { inbound: entries(qos), outbound: [Number(rate), Number(burst)] };
        };

        it('an average alone becomes a real limit, and the plan says so', async () => {
          const { code, nic } = await limits(OVS, { inbound: '100 Mbit/s' });
          expect([code, nic.status, nic.reason]).toEqual([0, 'changed', undefined]);
          expect(nic.notes).toEqual([expect.stringMatching(/^inbound: peak is set to the average/)]);
          expect(nic.desired.inbound).toEqual({ average: 12_500, peak: 12_500, burst: 0, floor: 0 });
          const xml = "<inbound average='12500' peak='12500'/>";
          expect(await onBothSides(1)).toEqual([xml, xml]);
          expect(await ovsdb()).toEqual({
            inbound: { 'min-rate': 100_000_000, 'max-rate': 100_000_000 },
            outbound: [0, 0],
          });
          expect(await tc(OVS)).toMatch(/^class htb 1:1 .*rate 100Mbit ceil 100Mbit /m);
        });

        inLong('takes bursts, and what the VM sends', async () => {
          const { code, nic } = await limits(OVS, {
            inbound: { average: '100 Mbit/s', burst: '64 KiB' },
            outbound: { average: '40 Mbit/s', burst: '128 KiB' },
          });
          expect([code, nic.status]).toEqual([0, 'changed']);
          expect(await ovsdb()).toEqual({
            inbound: { 'min-rate': 100_000_000, 'max-rate': 100_000_000, burst: 64 * 8192 },
            outbound: [40_000, 128 * 8],
          });
          expect(await tc(OVS)).toMatch(/police 0x\w+ rate 40Mbit burst 128Kb /);
        });

        inLong(
          'a burst that the rule drops is gone from OVSDB, although libvirt alone would leave it',
          async () => {
            const { code, nic } = await limits(OVS, { inbound: '100 Mbit/s', outbound: '40 Mbit/s' });
            expect([code, nic.status]).toEqual([0, 'changed']);
            expect(nic.commands).toEqual([
              `virsh domiftune ${uuid} ${OVS} --live --inbound 0 --outbound 0`,
              expect.stringContaining(' --live --config --inbound 12500,12500,0 --outbound 5000'),
            ]);
            expect(await ovsdb()).toEqual({
              inbound: { 'min-rate': 100_000_000, 'max-rate': 100_000_000 },
              outbound: [40_000, 0],
            });
          },
        );

        it('nothing is left of limits that are taken away', async () => {
          const { code, nic } = await limits(OVS, { inbound: 'unlimited', outbound: 'unlimited' });
          expect([code, nic.status]).toEqual([0, 'changed']);
          expect(await ovsdb()).toEqual({ inbound: {}, outbound: [0, 0] });
          expect(await lab(['exec', VM, 'ovs-vsctl', '--bare', '--columns=_uuid', 'list', 'qos'])).toBe('');
          expect(await tc(OVS)).not.toMatch(/htb|police/);
        });
      }),
    () =>
      it('on macvtap: the other way round, so that the peak of what it receives has no effect', async () => {
        const { code, nic } = await limits(MACVTAP, {
          ...RULE,
          outbound: { average: '4 Mbit/s', peak: '6 Mbit/s' },
        });
        expect([code, nic.status]).toEqual([0, 'changed']);
        expect(nic.notes).toEqual([
          expect.stringMatching(/^inbound: peak has no effect on a NIC of type direct/),
          expect.stringMatching(
            /^outbound: peak has next to no effect without a burst on a NIC of type direct/,
          ),
        ]);
        const shown = await tc(MACVTAP);
        expect(shown).toMatch(/^class htb 1:1 root leaf 2: .*rate 4Mbit ceil 6Mbit /m);
        expect(shown).toMatch(/police 0x\w+ rate 8Mbit burst 512Kb /);
        const cleared = await limits(MACVTAP, { inbound: 'unlimited', outbound: 'unlimited' });
        expect([cleared.code, cleared.nic.status]).toEqual([0, 'changed']);
        expect(await tc(MACVTAP)).toMatch(NOTHING);
      }),
    () => behindLibvirtsBack(theGuest),
    () =>
      describe('a live set that fails halfway', () => {
        const both = { nic: [1, 4], inbound: 1000, outbound: 2000 };
        const attempt = async () => {
          const rules = [{ domain: NAME, ...both }];
          return play(write({ rules }, { hosts: 'all', lab: join(LAB, 'vm', 'inventory.yml') }));
        };
        const OLD = "<inbound average='10'/><outbound average='20'/>";
        const failing = (pattern: string) =>
          lab(['exec', VM, 'sh', '-c', 'printf %s "$0" >/run/lab/tc-fail', pattern]);

        beforeAll(async () => {
          if (vm.missing !== '') return;
          const old = ['--inbound', '10', '--outbound', '20'];
          await virsh(VM, 'domiftune', uuid, OTHER, '--live', '--config', ...old);
        });
        afterAll(async () => {
          if (vm.missing === '') await lab(['exec', VM, 'rm', '-f', '/run/lab/tc-fail']);
        });

        it('leaves a NIC as it was, with limits or without, and says which', async () => {
          await failing('police rate 2000kbps');
          const { code, nics, report } = await attempt();
          expect([code, nics.map((nic) => nic.status)]).toEqual([3, ['failed', 'failed']]);
          expect(report.hosts[0]?.status).toBe('failed');
          expect(nics[0]?.reason).toMatch(/what it left was cleared, the NIC is without limits as before$/);
          expect(nics[1]?.reason).toMatch(/the limits from before were put back$/);
          for (const nic of nics) expect(nic.reason).toContain('police rate 2000kbps');
          expect(nics.map((nic) => nic.after)).toEqual(nics.map((nic) => nic.before));
          expect(await tc(BRIDGE)).toMatch(NOTHING);
          const shown = await tc(OTHER);
          expect(shown).toMatch(/^class htb 1:1 root leaf 2: .*rate 80Kbit ceil 80Kbit /m);
          expect(shown).toMatch(/police 0x\w+ rate 160Kbit /);
          expect(await onBothSides(0)).toEqual(['', '']);
          expect(await onBothSides(3)).toEqual([OLD, OLD]);
        });

        inLong(
          'clears what cannot be put back, never touches the configuration, and says that too',
          async () => {
            await failing('police rate');
            const { code, nics } = await attempt();
            expect([code, nics.map((nic) => nic.status)]).toEqual([3, ['failed', 'failed']]);
            expect(nics[1]?.reason).toMatch(/the running NIC is now WITHOUT limits$/);
            expect(nics[1]?.after?.live).toEqual({ inbound: null, outbound: null });
            for (const mac of [BRIDGE, OTHER]) expect(await tc(mac)).toMatch(NOTHING);
            expect(await onBothSides(3)).toEqual(['', OLD]);
          },
        );

        it('is made good by the next run', async () => {
          await lab(['exec', VM, 'rm', '/run/lab/tc-fail']);
          const { code, nics } = await attempt();
          expect([code, nics.map((nic) => nic.status)]).toEqual([0, ['changed', 'changed']]);
          for (const mac of [BRIDGE, OTHER]) expect(await tc(mac)).toMatch(/police 0x\w+ rate 16Mbit /);
        });
      }),
  ]);
});
