import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bridgeNic, guest, LAB, lab, removeGuests, virsh, virtune } from '../lab.ts';
import { VM } from '../vm_lab.ts';
import type { Guest } from './behind.ts';

/** Sends frames of 1400 bytes to a MAC through a device, so many kB a second, for so many seconds. */
const SENDER = `
import socket, sys, time
dev, mac, rate, seconds = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), float(sys.argv[3]) * 1000, float(sys.argv[4])
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.setsockopt(socket.SOL_SOCKET, 32, 1 << 28)  # SO_SNDBUFFORCE: a paused guest takes nothing, and nobody is to wait
s.bind((dev, 0))
frame = mac + bytes.fromhex("525400aaaaaa88b5") + b"x" * 1386
begin, sent = time.monotonic(), 0
while time.monotonic() - begin < seconds:
    due = (time.monotonic() - begin) * rate
    while sent < due:
        try: s.send(frame)
        except OSError: pass
        sent += len(frame)
    time.sleep(0.002)
`;

/**
 * Writes the same frames into a tap as QEMU does for what its guest sends: by one more queue of the tap, with the header
 * that virtio wants before each frame (linux/if_tun.h).
 */
const GUEST = `
import fcntl, os, struct, sys, time
dev, mac, rate, seconds = sys.argv[1], bytes.fromhex(sys.argv[2].replace(":", "")), float(sys.argv[3]) * 1000, float(sys.argv[4])
IFF_TAP, IFF_NO_PI, IFF_MULTI_QUEUE, IFF_VNET_HDR = 2, 0x1000, 0x100, 0x4000
tap = os.open("/dev/net/tun", os.O_RDWR)
fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", dev.encode(), IFF_TAP | IFF_NO_PI | IFF_MULTI_QUEUE | IFF_VNET_HDR))
header = bytes(struct.unpack("i", fcntl.ioctl(tap, 0x800454d7, bytes(4)))[0])
frame = bytes.fromhex("525400aaaaaa") + mac + bytes.fromhex("88b5") + b"x" * 1386
begin, sent = time.monotonic(), 0
while time.monotonic() - begin < seconds:
    due = (time.monotonic() - begin) * rate
    while sent < due:
        os.write(tap, header + frame)
        sent += len(frame)
    time.sleep(0.002)
`;

/** What is sent at limited devices, by the shaper of a tap and the policers of a tap and a macvtap, is held to the rate. */
export function trafficAtLimits({ name, uuid, macs, device, missing }: Guest): void {
  const LIMIT = 200;
  const sh = (script: string, ...args: string[]) => lab(['exec', VM, 'sh', '-ec', script, ...args]);

  const SENDING = `${name}-sends`;
  const SENDING_MAC = '52:54:00:dd:00:05';
  let sending = '';

  /** What has been let through, by plain tc: a policer counts what it drops among what it has seen. */
  const passed = async (dev: string, isPoliced: boolean) => {
    const text = await sh(
      'cat /proc/uptime; tc -s class show dev $0; tc -s filter show dev $0 parent ffff: 2>/dev/null; true',
      dev,
    );
    const all = [...text.matchAll(/Sent (\d+) bytes (\d+) pkts? \(dropped (\d+)/g)].map((m) =>
      m.slice(1).map(Number),
    );
    const [bytes = 0, packets = 0, dropped = 0] = all.at(-1) ?? [];
    const lost = !isPoliced || packets === 0 ? 0 : (bytes * dropped) / packets;
    return { at: Number(text.split(' ')[0]), bytes: bytes - lost };
  };

  describe('packets at a limit', { concurrent: false }, () => {
    beforeAll(async () => {
      if (missing()) return;
      for (const mac of [macs[0]!, macs[2]!])
        await virsh(VM, 'domiftune', uuid(), mac, '--live', '--inbound', `${LIMIT},${LIMIT * 2},64`);
      // A paused guest's macvtap is down.
      await sh('ip link set $0 up', device(3));
      await sh(
        'ip link add link dummy0 name mvsend type macvlan mode bridge; ip link set dummy0 up; ip link set mvsend up',
      );
      const queues = bridgeNic(SENDING_MAC, "<driver queues='2'/>");
      const sender = await guest(VM, SENDING, '--nic', queues);
      const [, dev = ''] = /^\s*(vnet\d+)/m.exec(await virsh(VM, 'domiflist', sender)) ?? [];
      sending = dev;
      await virsh(VM, 'domiftune', sender, SENDING_MAC, '--live', '--outbound', `${LIMIT},0,64`);
    });
    afterAll(async () => {
      if (missing()) return;
      await sh('ip link del mvsend');
      await removeGuests(VM, SENDING);
      for (const mac of [macs[0]!, macs[2]!])
        await virsh(VM, 'domiftune', uuid(), mac, '--live', '--inbound', '0', '--outbound', '0');
    });

    interface Case {
      readonly nic: number;
      readonly way: 'receives' | 'sends';
      readonly policed: boolean;
      readonly program: string;
      readonly through: () => string;
      readonly dev: () => string;
      readonly mac: string;
    }
    const CASES: readonly (readonly [string, Case])[] = [
      [
        'shaped: what a tap is sent',
        {
          ...{ nic: 1, way: 'receives', policed: false, program: SENDER, mac: macs[0] ?? '' },
          ...{ through: () => device(1), dev: () => device(1) },
        },
      ],
      [
        'policed: what a macvtap is sent',
        {
          ...{ nic: 3, way: 'receives', policed: true, program: SENDER, mac: macs[2] ?? '' },
          ...{ through: () => 'mvsend', dev: () => device(3) },
        },
      ],
      [
        'policed: what a VM sends through a tap',
        {
          ...{ nic: 1, way: 'sends', policed: true, program: GUEST, mac: SENDING_MAC },
          ...{ through: () => sending, dev: () => sending },
        },
      ],
    ];

    it.each(CASES)(
      '%s is held to the rate within 5 %',
      async (_, one) => {
        const { nic, way, policed, program, through, dev, mac } = one;
        const script = 'python3 -c "$0" "$@" >/dev/null 2>&1 & echo $! >/run/lab/send.pid';
        await sh(script, program, through(), mac, String(LIMIT * 3), '120');
        // The bucket of the burst is empty after that.
        await sh('sleep 3; kill -0 $(cat /run/lab/send.pid)');
        const before = await passed(dev(), policed);
        const { code, stdout } = await virtune([
          'show',
          '-i',
          join(LAB, 'vm', 'inventory.yml'),
          '--kind',
          'nic',
          '--traffic',
          '15',
        ]);
        const after = await passed(dev(), policed);
        await sh('kill $(cat /run/lab/send.pid)');
        expect(code).toBe(0);
        const rate = (after.bytes - before.bytes) / (after.at - before.at) / 1000;
        expect(Math.abs(rate - LIMIT) / LIMIT, `${rate} kB/s`).toBeLessThan(0.05);
        const row = stdout.split('\n').find((line) => line.includes(` nic ${nic} `) && line.includes(way));
        const [, share] = /(\d+) %/.exec(row ?? '') ?? [];
        expect(Math.abs(Number(share) - 100), stdout).toBeLessThanOrEqual(5);
        // Two of three packets are too many.
        const [, dropped, lost] = /(\d+)\/s \((\d+) %\)$/.exec(row ?? '') ?? [];
        expect(Number(dropped) / ((LIMIT * 2000) / 1400), stdout).toBeCloseTo(1, 0);
        expect(Math.abs(Number(lost) - 67), stdout).toBeLessThanOrEqual(7);
        expect(stdout).toMatch(/ limits? of \d+ reached/);
      },
      600_000,
    );
  });
}
