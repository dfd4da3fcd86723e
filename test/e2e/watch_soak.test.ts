import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { bridgeNic, guest, LAB, lab, removeGuests, virsh, write } from './lab.ts';
import { drawFrom } from './soak/draw.ts';
import {
  byHand,
  cable,
  hangLibvirtd,
  killLibvirtd,
  killStreams,
  LIMIT,
  onHost,
  rebuild,
  restartSshd,
  streams,
  wakeLibvirtd,
  without,
} from './watch/befalls.ts';
import { type Sample, startWatch, type Watching } from './watch/watching.ts';

/**
 * A watch over real hosts that things befall, one after the other: after each the fleet is as declared again, and what
 * the watch holds of memory and files does not grow. VIRTUNE_LONG=1 lets it run for VIRTUNE_WATCH_SOAK_HOURS (2), else
 * there are a few rounds. VIRTUNE_WATCH_SOAK_SEED replays what befell.
 */

const SEED = process.env.VIRTUNE_WATCH_SOAK_SEED ?? String(randomInt(2 ** 31));
const HOURS = Number(process.env.VIRTUNE_WATCH_SOAK_HOURS ?? 2);
const ROUNDS = 4;
const HOSTS = ['hv01', 'hv02', 'hv03'];
const PREFIX = 'wsoak-';
const GUESTS = 4;

interface Vm {
  readonly host: string;
  readonly uuid: string;
  readonly macs: readonly string[];
}

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const MiB = 1024 * 1024;

describe.skipIf(LAB === '')('a watch, for long', { concurrent: false }, () => {
  let watch: Watching;
  let vms: Vm[] = [];
  const draw = drawFrom(SEED);
  /** When which NIC was set by hand: a watch leaves alone for a while what somebody keeps setting back. */
  const hands = new Map<string, number[]>();

  beforeAll(async () => {
    await Promise.all(HOSTS.map((host) => removeGuests(host, PREFIX)));
    vms = await Promise.all(
      HOSTS.flatMap((host, h) =>
        Array.from({ length: GUESTS }, async (_, g): Promise<Vm> => {
          const macs = [1, 2].map((nic) => `52:54:00:ed:${h + 1}${g + 1}:0${nic}`);
          const nics = macs.flatMap((mac) => ['--nic', bridgeNic(mac)]);
          return { host, macs, uuid: await guest(host, `${PREFIX}${h + 1}${g + 1}`, ...nics) };
        }),
      ),
    );
    watch = startWatch(
      write({ rules: [{ name: 'slow', domain: `${PREFIX}*`, inbound: LIMIT }] }, { hosts: HOSTS.join(':') }),
    );
  });
  afterAll(async () => {
    for (const host of HOSTS) {
      cable(host, 'up');
      await wakeLibvirtd(host).catch(() => {});
    }
    await watch?.stop();
    await Promise.all(HOSTS.map((host) => removeGuests(host, PREFIX)));
  });

  const settled = () =>
    watch.until(async () =>
      (await Promise.all(HOSTS.map((host) => without(host, PREFIX)))).every((n) => n === 0),
    );

  /** A NIC that is not set by hand too often. */
  const quietNic = (): { readonly vm: Vm; readonly mac: string } | null => {
    const vm = draw.pick(vms);
    const mac = draw.pick(vm.macs);
    const lately = (hands.get(mac) ?? []).filter((at) => at > Date.now() - 10 * 60_000);
    if (lately.length >= 2) return null;
    hands.set(mac, [...lately, Date.now()]);
    return { vm, mac };
  };

  const BEFALLS: Readonly<Record<string, () => Promise<unknown>>> = {
    'hard reboot': async () => {
      const { host, uuid } = draw.pick(vms);
      await rebuild(host, uuid);
    },
    'set by hand': async () => {
      const nic = quietNic();
      if (nic !== null) await byHand(nic.vm.host, nic.vm.uuid, nic.mac, draw.pick(['--live', '--config']));
    },
    'all of a host at once': async () => {
      const host = draw.pick(HOSTS);
      await Promise.all(vms.filter((vm) => vm.host === host).map((vm) => rebuild(host, vm.uuid)));
    },
    'saved and started': async () => {
      const { host, uuid } = draw.pick(vms);
      await virsh(host, 'managedsave', uuid);
      await virsh(host, 'start', uuid);
    },
    'libvirtd killed': () => killLibvirtd(draw.pick(HOSTS)),
    'libvirtd hangs': async () => {
      const host = draw.pick(HOSTS);
      await hangLibvirtd(host);
      await sleep(1000 * draw.int(1, 40));
      await wakeLibvirtd(host);
    },
    'line cut': async () => {
      const host = draw.pick(HOSTS);
      cable(host, 'down');
      await sleep(1000 * draw.int(1, 60));
      const of = draw.pick(vms.filter((vm) => vm.host === host));
      await rebuild(host, of.uuid);
      cable(host, 'up');
    },
    'sshd killed': () => restartSshd(draw.pick(HOSTS)),
    'streams killed': () => killStreams(draw.pick(HOSTS)),
    'files read again': () => watch.started.signal('SIGHUP'),
    'strange VM': async () => {
      const host = draw.pick(HOSTS);
      const uuid = await guest(host, `${PREFIX}': Started Booted $(x) \u2028 ${draw.int(1, 1e6)}`);
      await settled();
      await virsh(host, 'destroy', uuid);
      await virsh(host, 'undefine', uuid);
    },
  };

  it(`holds what it holds, VIRTUNE_WATCH_SOAK_SEED=${SEED}`, {
    timeout: LONG ? HOURS * 3_600_000 + 900_000 : 600_000,
  }, async () => {
    await settled();
    const from = Date.now();
    const samples: (Sample & { readonly minutes: number })[] = [];
    const waits = new Map<string, number[]>();
    const look = async (): Promise<void> => {
      const sample = { ...(await watch.sample()), minutes: (Date.now() - from) / 60_000 };
      samples.push(sample);
      if (LONG)
        console.log(
          `${sample.minutes.toFixed(1)} min: RSS ${(sample.rss / MiB).toFixed(0)} MiB, heap ${(sample.heap / MiB).toFixed(1)} MiB, ${sample.files} files`,
        );
    };
    await look();
    const names = Object.keys(BEFALLS);
    for (let round = 0; LONG ? Date.now() < from + HOURS * 3_600_000 : round < ROUNDS; round++) {
      // Those that take seconds, where there are few rounds.
      const what = LONG ? draw.pick(names) : draw.pick(names.slice(0, 4));
      await BEFALLS[what]?.();
      const over = Date.now();
      await settled();
      waits.set(what, [...(waits.get(what) ?? []), Date.now() - over]);
      if (round % 10 === 9) await look();
    }
    await watch.until(async () => (await Promise.all(HOSTS.map(streams))).every((count) => count <= 2));
    await look();
    if (LONG)
      for (const [what, times] of waits) {
        const sorted = times.toSorted((a, b) => a - b);
        const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
        console.log(
          `${what}: ${times.length} times, as declared after ${at(0.5)} ms (median), ${sorted.at(-1)} ms (most)`,
        );
      }
    // The first tenth is for what a process needs once.
    const warm = samples.slice(Math.floor(samples.length / 10));
    const [first = warm[0], last = warm[0]] = [warm[0], warm.at(-1)];
    expect(last!.heap).toBeLessThan(first!.heap * 1.25 + 4 * MiB);
    expect(last!.files).toBeLessThanOrEqual(first!.files + 6);
    expect(watch.said()).not.toContain('please report it');
    // No lock is left either.
    for (const host of HOSTS)
      expect(await onHost(host, 'flock -n /run/libvirt true && echo free')).toBe('free\n');
    await watch.started.signal('SIGTERM');
    expect(await watch.started.ended).toMatchObject({ code: 0 });
    await lab(['exec', HOSTS[0] ?? '', 'true']);
  });
});
