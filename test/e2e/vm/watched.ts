import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { bandwidth, LAB, lab, virsh, write } from '../lab.ts';
import { VM } from '../vm_lab.ts';
import { startWatch, type Watching } from '../watch/watching.ts';
import type { Guest } from './behind.ts';

/** A watch that is to know what the kernel does, while somebody takes queues away with tc behind libvirt's back. */
export function watchedKernel({ name, uuid, macs, device, tc, missing }: Guest): void {
  describe('a watch with verify: kernel', { concurrent: false }, () => {
    let watch: Watching;
    let whole: readonly string[] = [];
    /** Without numbers that the kernel gives anew. */
    const normal = (text: string): string =>
      text.replaceAll(/police 0x\w+/g, 'police').replaceAll(/ ref \d+ bind \d+.*/g, '');
    const shown = async () => (await Promise.all([tc(1), tc(2)])).map(normal);
    const described = async () => (await bandwidth(VM, uuid())).slice(0, 2);
    const LIMITS = "<inbound average='1000' peak='2000' burst='500'/><outbound average='3000' burst='600'/>";

    beforeAll(async () => {
      if (missing()) return;
      const rule = {
        ...{ domain: name, nic: [1, 2], apply_to: 'live' },
        inbound: { average: 1000, peak: 2000, burst: 500 },
        outbound: { average: 3000, burst: 600 },
      };
      const written = write({ rules: [rule] }, { hosts: 'all', lab: join(LAB, 'vm', 'inventory.yml') });
      // Of each look it is told what it was for.
      watch = startWatch(written, '--verify', 'kernel', '--verbose');
      await watch.until(() => /vm01: changed \(2 NICs changed/.test(watch.said()));
      whole = await shown();
    }, 600_000);
    afterAll(async () => {
      if (missing()) return;
      await watch.stop();
      for (const mac of macs.slice(0, 2))
        await virsh(VM, 'domiftune', uuid(), mac, '--live', '--inbound', '0', '--outbound', '0');
    });

    it('begins with all in the kernel', async () => {
      expect(await described()).toEqual([LIMITS, LIMITS]);
      expect(whole[0]).toMatch(/^class htb 1:1 root leaf 2: .*rate 8Mbit ceil 16Mbit /m);
      for (const nic of whole) expect(nic).toMatch(/police rate 24Mbit burst 600Kb /);
    });

    it.each([
      ["a bridge NIC's queue", 1, 'tc qdisc del dev $0 root', /inbound: the kernel limits nothing/],
      ["a bridge NIC's filter", 1, 'tc filter del dev $0 parent ffff:', /outbound: /],
      ['the rate of a class', 1, 'tc class change dev $0 classid 1:1 htb rate 5mbit', /inbound: /],
      ["an Open vSwitch port's queue", 2, 'tc qdisc del dev $0 root', /inbound: the kernel limits nothing/],
      ["an Open vSwitch port's filter", 2, 'tc qdisc del dev $0 ingress', /outbound: /],
    ] as const)('sets %s again', async (_what, nic, script, why) => {
      const before = watch.said().length;
      const said = () => watch.said().slice(before);
      await lab(['exec', VM, 'sh', '-ec', script, device(nic)]);
      // Nobody else is to keep the emulated processor busy meanwhile: what the watch says is waited for.
      await watch.until(() =>
        new RegExp(`why: changed in the kernel behind libvirt: ${why.source}`).test(said()),
      );
      // The guest is paused: where queues alone tell of one, it may be about to migrate, and is looked at again soon.
      await watch.until(() =>
        /vm01: changed \(1 NIC changed.* ms after the (kernel's queues changed|time to try again)\)/.test(
          said(),
        ),
      );
      expect(await shown()).toEqual(whole);
      // libvirt says as before.
      expect(await described()).toEqual([LIMITS, LIMITS]);
    });

    describe("while the host's clock is set", { concurrent: false }, () => {
      const setBy = (days: string) => lab(['exec', VM, 'date', '-s', days]);
      afterAll(async () => {
        if (!missing()) await lab(['exec', VM, 'date', '-s', `@${Math.round(Date.now() / 1000)}`]);
      });

      it.each(['+1 day', '-2 days'])('by %s, hears of queues, files and VMs as before', async (days) => {
        const before = watch.said().length;
        const said = () => watch.said().slice(before);
        await setBy(days);
        await lab(['exec', VM, 'tc', 'qdisc', 'del', 'dev', device(1), 'root']);
        await watch.until(() => /why: changed in the kernel behind libvirt: inbound: /.test(said()));
        await watch.until(() => /vm01: changed \(1 NIC changed/.test(said()));
        // What a look was for is what was heard first: for as long as queues are still heard of, that is not the files.
        await watch.until(async () => {
          await virsh(VM, 'desc', uuid(), '--live', '--new-desc', `${days} ${said().length}`);
          await new Promise((resolve) => setTimeout(resolve, 5_000));
          return /ms after libvirt's files changed\)/.test(said());
        });
        const redefine =
          'virsh dumpxml --inactive "$0" >/run/lab/same.xml; virsh -q define /run/lab/same.xml';
        await lab(['exec', VM, 'sh', '-ec', redefine, uuid()]);
        await watch.until(() => new RegExp(`ms after Defined Updated of ${name}\\)`).test(said()));
        expect(await described()).toEqual([LIMITS, LIMITS]);
        expect(await shown()).toEqual(whole);
        expect(said()).not.toMatch(/vm01: (lost|garbled|watched|unreachable|failed)/);
      });
    });
  });
}
