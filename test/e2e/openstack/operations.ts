import { setTimeout as sleep } from 'node:timers/promises';
import { listOf, mapOf } from '../../../src/base/json.ts';
import { hardReboot, type RealCloud, untilStatus } from '../../openstack/real_cloud.ts';
import type { LabCloud } from './cloud.ts';

/** What operators and owners do to a server, and what Nova makes of the limits that somebody has set. */

/** The limits that Nova leaves: those that were set, or a flavor's. */
export type Left = 'kept' | 'limited' | 'faster';

export interface Operation {
  readonly name: string;
  /** Fulfilled once Nova is done; with what is left, where that was not known before. */
  readonly run: () => Promise<unknown>;
  readonly left: Left;
}

interface Server {
  readonly lab: LabCloud;
  readonly admin: RealCloud;
  readonly demo: RealCloud;
  readonly id: string;
}

export function operationsOn({ lab, admin, demo, id }: Server): readonly Operation[] {
  const act = (body: object) => demo.post('compute', `/servers/${id}/action`, body);
  const until = (status: string) => untilStatus(admin.get, id, status);
  const run =
    (...steps: (readonly [body: object, status: string])[]) =>
    async (): Promise<void> => {
      for (const [body, status] of steps) {
        await act(body);
        await until(status);
      }
    };
  const flavor = (name: string) => admin.idOf('compute', '/flavors/detail', 'flavors', name);
  const serverNow = async () => mapOf((await admin.get('compute', `/servers/${id}`)).server);
  const resizeTo = async (name: string): Promise<void> => {
    await act({ resize: { flavorRef: await flavor(name) } });
    await until('VERIFY_RESIZE');
  };
  const logged = async (words: string): Promise<number> => {
    const text = await lab.inside('cat', '/run/lab/log/nova-compute.log');
    return text.split(words).length - 1;
  };
  const softReboot = async (): Promise<Left> => {
    const before = await logged('Instance shutdown successfully');
    await act({ reboot: { type: 'SOFT' } });
    while (['rebooting', 'reboot_pending'].includes(String((await serverNow())['OS-EXT-STS:task_state'])))
      await sleep(100);
    await sleep(1_000);
    // The guest has no system that would shut down: QEMU ends in its place while Nova waits for it.
    await lab.inside('virsh', 'qemu-monitor-command', id, '--hmp', 'quit').catch(() => {});
    await until('ACTIVE');
    // Where it came too late, Nova has made a hard reboot of it.
    return (await logged('Instance shutdown successfully')) > before ? 'kept' : 'limited';
  };
  const attached = async (): Promise<readonly string[]> => {
    const { interfaceAttachments } = await demo.get('compute', `/servers/${id}/os-interface`);
    return (interfaceAttachments as readonly { readonly port_id: string }[]).map(({ port_id }) => port_id);
  };
  let first: readonly string[] = [];
  return [
    { name: 'hard reboot', left: 'limited', run: () => hardReboot(admin, demo, id) },
    { name: 'soft reboot, the guest shuts down', left: 'kept', run: softReboot },
    {
      name: 'soft reboot, the guest does not',
      left: 'limited',
      run: run([{ reboot: { type: 'SOFT' } }, 'ACTIVE']),
    },
    {
      name: 'stop, start',
      left: 'limited',
      run: run([{ 'os-stop': null }, 'SHUTOFF'], [{ 'os-start': null }, 'ACTIVE']),
    },
    {
      name: 'pause, unpause',
      left: 'kept',
      run: run([{ pause: null }, 'PAUSED'], [{ unpause: null }, 'ACTIVE']),
    },
    {
      name: 'suspend, resume',
      left: 'kept',
      run: run([{ suspend: null }, 'SUSPENDED'], [{ resume: null }, 'ACTIVE']),
    },
    {
      name: 'lock, unlock',
      left: 'kept',
      run: run([{ lock: null }, 'ACTIVE'], [{ unlock: null }, 'ACTIVE']),
    },
    {
      name: 'rebuild',
      left: 'limited',
      run: async () => {
        const image = String(mapOf((await serverNow()).image).id);
        await run([{ rebuild: { imageRef: image } }, 'ACTIVE'])();
      },
    },
    { name: 'resize', left: 'faster', run: () => resizeTo('faster') },
    { name: 'revert of the resize', left: 'limited', run: run([{ revertResize: null }, 'ACTIVE']) },
    { name: 'rescue', left: 'limited', run: run([{ rescue: null }, 'RESCUE']) },
    { name: 'unrescue', left: 'kept', run: run([{ unrescue: null }, 'ACTIVE']) },
    {
      name: 'shelve, unshelve',
      left: 'limited',
      run: run([{ shelve: null }, 'SHELVED_OFFLOADED'], [{ unshelve: null }, 'ACTIVE']),
    },
    {
      name: 'attach of a NIC',
      left: 'limited',
      run: async () => {
        first = await attached();
        const net = await admin.idOf('network', '/networks', 'networks', 'net1');
        await demo.post('compute', `/servers/${id}/os-interface`, { interfaceAttachment: { net_id: net } });
        while ((await attached()).length === first.length) await sleep(500);
      },
    },
    {
      name: 'stop, detach of that NIC, start',
      left: 'limited',
      run: async () => {
        await run([{ 'os-stop': null }, 'SHUTOFF'])();
        for (const port of (await attached()).filter((one) => !first.includes(one)))
          await demo.remove('compute', `/servers/${id}/os-interface/${port}`);
        while ((await attached()).length > first.length) await sleep(500);
        await run([{ 'os-start': null }, 'ACTIVE'])();
      },
    },
    { name: 'resize', left: 'faster', run: () => resizeTo('faster') },
    { name: 'confirm of the resize', left: 'kept', run: run([{ confirmResize: null }, 'ACTIVE']) },
    {
      name: 'restart of nova-compute',
      left: 'kept',
      run: async () => {
        const started = await logged('Starting compute node');
        await lab.restart('nova-compute');
        while ((await logged('Starting compute node')) === started) await sleep(500);
        // What is asked for before it has looked through its servers it gives up as left over from before.
        const from = Date.now();
        const heardAt = async () => {
          const { services } = await admin.get('compute', '/os-services?binary=nova-compute');
          return Date.parse(`${String(mapOf(listOf(services)[0]).updated_at)}Z`);
        };
        while ((await heardAt()) < from) await sleep(500);
      },
    },
  ];
}
