import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAB, lab, virsh, virtune } from '../lab.ts';
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

/** What is sent at limited devices, by the shaper of a tap and the policer of a macvtap, is held to the rate. */
export function trafficAtLimits({ uuid, macs, device, missing }: Guest): void {
  const LIMIT = 200;
  const sh = (script: string, ...args: string[]) => lab(['exec', VM, 'sh', '-ec', script, ...args]);

  /** What has been let through, by plain tc: a policer counts what it drops among what it has seen. */
  const passed = async (nic: number) => {
    const text = await sh(
      'cat /proc/uptime; tc -s class show dev $0; tc -s filter show dev $0 parent ffff: 2>/dev/null; true',
      device(nic),
    );
    const all = [...text.matchAll(/Sent (\d+) bytes (\d+) pkts? \(dropped (\d+)/g)].map((m) =>
      m.slice(1).map(Number),
    );
    const [bytes = 0, packets = 0, dropped = 0] = all.at(-1) ?? [];
    const lost = nic === 1 || packets === 0 ? 0 : (bytes * dropped) / packets;
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
    });
    afterAll(async () => {
      if (missing()) return;
      await sh('ip link del mvsend');
      for (const mac of [macs[0]!, macs[2]!])
        await virsh(VM, 'domiftune', uuid(), mac, '--live', '--inbound', '0', '--outbound', '0');
    });

    it.each([
      ['shaped: what a tap is sent', 1, (nic: number) => device(nic)],
      ['policed: what a macvtap is sent', 3, () => 'mvsend'],
    ])('%s is held to the rate within 5 %', async (_, nic, through) => {
      const script = 'python3 -c "$0" "$@" >/dev/null 2>&1 & echo $! >/run/lab/send.pid';
      await sh(script, SENDER, through(nic), macs[nic - 1]!, String(LIMIT * 3), '120');
      // The bucket of the burst is empty after that.
      await sh('sleep 3');
      const before = await passed(nic);
      const { code, stdout } = await virtune([
        'show',
        '-i',
        join(LAB, 'vm', 'inventory.yml'),
        '--kind',
        'nic',
        '--traffic',
        '15',
      ]);
      const after = await passed(nic);
      await sh('kill $(cat /run/lab/send.pid)');
      expect(code).toBe(0);
      const rate = (after.bytes - before.bytes) / (after.at - before.at) / 1000;
      expect(Math.abs(rate - LIMIT) / LIMIT, `${rate} kB/s`).toBeLessThan(0.05);
      const row = stdout
        .split('\n')
        .find((line) => line.includes(` nic ${nic} `) && line.includes('receives'));
      const [, share] = /(\d+) %/.exec(row ?? '') ?? [];
      expect(Math.abs(Number(share) - 100), stdout).toBeLessThanOrEqual(5);
      // Two of three packets are too many.
      const [, dropped] = /(\d+)\/s \(\d+ %\)$/.exec(row ?? '') ?? [];
      expect(Number(dropped) / ((LIMIT * 2000) / 1400), stdout).toBeCloseTo(1, 0);
      expect(stdout).toMatch(/ limits? of \d+ reached/);
    });
  });
}
