import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAB, lab, type Played, play, virsh, write } from '../lab.ts';
import { VM } from '../vm_lab.ts';
import { inLong } from './in_long.ts';

/** A guest with a NIC on a bridge, one on Open vSwitch, a macvtap and one more on a bridge, none of them limited. */
export interface Guest {
  readonly name: string;
  readonly uuid: () => string;
  readonly macs: readonly string[];
  /** The device of a NIC, from 1. */
  readonly device: (nic: number) => string;
  /** All that tc shows of a NIC's device. */
  readonly tc: (nic: number) => Promise<string>;
  readonly missing: () => boolean;
}

interface Seen {
  readonly kernel?: { readonly drift: readonly { readonly kind: string }[]; readonly unknown?: string };
}

/** What somebody does with tc behind libvirt's back, and what a run that looks at the kernel makes of it. */
export function behindLibvirtsBack({ name, uuid, macs, device, tc, missing }: Guest): void {
  const LIMITS = {
    inbound: { average: 1000, peak: 2000, burst: 500 },
    outbound: { average: 3000, peak: 4000, burst: 600 },
  };
  const run = (rule: object, ...args: string[]): Promise<Played> => {
    const rules = { rules: [{ domain: name, apply_to: 'live', ...rule }] };
    return play(
      write(rules, { hosts: 'all', lab: join(LAB, 'vm', 'inventory.yml') }),
      ...args,
      '--verify',
      'kernel',
    );
  };
  const sh = (script: string) => lab(['exec', VM, 'sh', '-ec', script]);
  const statuses = ({ nics }: Played) => nics.map(({ status }) => status);
  /** How the kernel differs, or why that is not known. */
  const words = ({ nics }: Played) =>
    (nics as readonly Seen[]).map(({ kernel }) => kernel?.unknown ?? kernel?.drift.map(({ kind }) => kind));
  /** Without numbers that the kernel gives anew. */
  const normal = (text: string) =>
    text.replaceAll(/police 0x\w+/g, 'police').replaceAll(/ ref \d+ bind \d+.*/g, '');
  const all = async () => (await Promise.all([1, 2, 3, 4].map(tc))).map(normal);

  describe("behind libvirt's back", { concurrent: false }, () => {
    let whole: string[] = [];

    beforeAll(async () => {
      if (missing()) return;
      const limits = ['--inbound', '1000,2000,500', '--outbound', '3000,4000,600'];
      for (const mac of macs.slice(0, 3)) await virsh(VM, 'domiftune', uuid(), mac, '--live', ...limits);
      whole = await all();
    });
    afterAll(async () => {
      if (missing()) return;
      for (const mac of macs)
        await virsh(VM, 'domiftune', uuid(), mac, '--live', '--inbound', '0', '--outbound', '0');
    });

    it('what is as libvirt describes it is in order, on a bridge, on Open vSwitch and on macvtap', async () => {
      const checked = await run({ nic: [1, 2, 3], ...LIMITS }, '--check');
      expect([checked.code, statuses(checked), words(checked)]).toEqual([
        0,
        ['inSync', 'inSync', 'inSync'],
        [[], [], []],
      ]);
    });

    it('what was taken away, changed or left over is found, told, and set right', async () => {
      const [bridge, ovs, macvtap, other] = [1, 2, 3, 4].map(device);
      await sh(`tc qdisc del dev ${bridge} root; tc filter del dev ${bridge} parent ffff:
        tc qdisc del dev ${ovs} root
        tc class change dev ${macvtap} classid 1:1 htb rate 5mbit
        tc qdisc replace dev ${other} root handle 1: htb default 1; tc class add dev ${other} parent 1: classid 1:1 htb rate 8mbit`);
      // libvirt says as before.
      expect(await virsh(VM, 'domiftune', uuid(), macs[0]!)).toMatch(/inbound\.average: 1000/);
      const rule = { nic: [1, 2, 3], ...LIMITS };
      const checked = await run(rule, '--check');
      expect([checked.code, statuses(checked), words(checked)]).toEqual([
        2,
        ['pending', 'pending', 'pending'],
        [['missing', 'half'], ['missing'], ['differs']],
      ]);
      const done = await run(rule);
      expect([done.code, statuses(done), done.nics.map(({ reason }) => reason)]).toEqual([
        0,
        ['changed', 'changed', 'changed'],
        [undefined, undefined, undefined],
      ]);
      expect((await all()).slice(0, 3)).toEqual(whole.slice(0, 3));
      const left = await run({ nic: 4, inbound: 'unlimited', outbound: 'unlimited' });
      expect([left.code, statuses(left), words(left)]).toEqual([0, ['changed'], [['leftover']]]);
      expect(await tc(4)).toMatch(/^qdisc noqueue \w+: root refcnt 2$/);
    });

    inLong("somebody else's queue is named and left, until --rewrite replaces it", async () => {
      await sh(
        `tc qdisc replace dev ${device(4)} root cake bandwidth 10mbit; tc qdisc add dev ${device(4)} clsact`,
      );
      // cake has a class for each flow that passes.
      const queues = async () => (await tc(4)).match(/^qdisc .*/gm);
      const before = await queues();
      const refused = await run({ nic: 4, inbound: 2000 });
      expect([refused.code, statuses(refused), words(refused)]).toEqual([
        5,
        ['refused'],
        [['foreign', 'foreign']],
      ]);
      expect(refused.nics[0]?.reason).toMatch(/cake.*clsact.*nothing was written.*--rewrite/);
      expect(await queues()).toEqual(before);
      const replaced = await run({ nic: 4, inbound: 2000 }, '--rewrite');
      expect([replaced.code, statuses(replaced)]).toEqual([0, ['changed']]);
      expect(await tc(4)).toMatch(/^class htb 1:1 root leaf 2: .*rate 16Mbit /m);
      expect(await tc(4)).not.toMatch(/cake/);
      // libvirt takes the queue away, and leaves this hook.
      await sh(`tc qdisc del dev ${device(4)} clsact`);
    });

    inLong('a set that fails midway: what is in the kernel after it is told as it is', async () => {
      await sh('printf %s "police rate" >/run/lab/tc-fail');
      const failed = await run({ nic: 4, inbound: 1000, outbound: 2000 });
      await sh('rm /run/lab/tc-fail');
      expect([failed.code, statuses(failed)]).toEqual([3, ['failed']]);
      const kernel = (failed.nics[0]?.after as { kernel?: { inbound: { average: number } | null } } | null)
        ?.kernel;
      const rate = /^class htb 1:1 .*rate (\d+)Mbit /m.exec(await tc(4))?.[1];
      expect(kernel?.inbound?.average ?? 0).toBe(Number(rate ?? 0) * 125);
      const again = await run({ nic: 4, inbound: 1000, outbound: 2000 });
      expect([again.code, statuses(again)]).toEqual([0, ['changed']]);
      expect(await tc(4)).toMatch(/police 0x\w+ rate 16Mbit /);
    });
  });
}
