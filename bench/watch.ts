import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Build } from './build.ts';
import { SIMULATED_RATE, startFleet } from './fleet.ts';
import { writePlaybook } from './playbook.ts';
import { expectCode, run } from './process.ts';
import { atMost, busyText, mebibytes, ms, type Row, type Section, seconds } from './table.ts';
import { startWatch, type WatchProcess } from './watch_process.ts';

const DOMAINS = 10;
const NICS = 2;
/** How often a watch looks at each host without a reason, by default. */
const REGULAR_S = 600;
const MEMORY = 250 * 1024 * 1024;

/** What a watch costs where it runs: memory, and CPU while nothing happens. */
export async function benchWatchFleet(
  build: Build,
  dir: string,
  hosts: number,
  ...flags: string[]
): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const busyBefore = await busyText();
  const playbook = await writePlaybook(dir, 'watch', SIMULATED_RATE);
  const fleet = await startFleet(build, dir, { hosts, domains: DOMAINS, nics: NICS });
  const startedAt = performance.now();
  const watch = startWatch(build, dir, playbook, '-i', fleet.inventory, ...flags);
  try {
    await watch.until(async () => (await watch.metric('virtune_watch_hosts')) > 0);
    const watched = await watch.metric('virtune_watch_hosts');
    const looks = () => watch.metric('virtune_watch_looks_total');
    await watch.until(async () => (await looks()) >= watched);
    const upMs = performance.now() - startedAt;
    const startCpu = await watch.cpuMs();
    // What the start has left over is done.
    await sleep(10_000);
    const idle = await shareOfCore(watch, 60_000);
    const before = { cpu: await watch.cpuMs(), looks: await looks() };
    watch.reload();
    await watch.until(async () => (await looks()) >= before.looks + watched);
    const lookMs = ((await watch.cpuMs()) - before.cpu) / watched;
    const { bytes, peakBytes } = await watch.memory();
    const regular = (lookMs * watched) / (REGULAR_S * 1000);
    const rows: readonly Row[] = [
      {
        what: 'until all have been looked at',
        value: seconds(upMs),
        detail: `${ms(startCpu / watched)} CPU a host`,
      },
      {
        what: 'peak memory',
        value: mebibytes(peakBytes),
        goal: atMost(peakBytes, MEMORY, mebibytes(MEMORY)),
        detail: `${mebibytes(bytes)} at the end`,
      },
      {
        what: 'CPU while nothing happens',
        value: percent(idle + regular),
        goal: atMost(idle + regular, 0.02, '2.00 %'),
        detail: `of a core: ${percent(idle)} for the lines, ${percent(regular)} for a look of ${ms(lookMs)} a host each ${REGULAR_S / 60} min`,
      },
    ];
    const part = flags.length === 0 ? '' : `, a shard of ${hosts}`;
    return {
      title: `A watch over ${watched} simulated hosts${part}, each ${DOMAINS} VMs × ${NICS} NICs, ${busyBefore}`,
      rows,
    };
  } finally {
    await watch.stop();
    await fleet.stop();
  }
}

async function shareOfCore(watch: WatchProcess, forMs: number): Promise<number> {
  const [before, from] = [await watch.cpuMs(), performance.now()];
  await sleep(forMs);
  return ((await watch.cpuMs()) - before) / (performance.now() - from);
}

/** A thousand VMs of one host are started at once without their limits, and one of its neighbour. */
export async function benchWatchStorm(build: Build, dir: string, domains: number): Promise<Section> {
  await mkdir(dir, { recursive: true });
  const busyBefore = await busyText();
  const playbook = await writePlaybook(dir, 'watch', SIMULATED_RATE);
  const fleet = await startFleet(build, dir, { hosts: 2, domains, nics: 1 });
  const stormy = await sshTo(dir, fleet.inventory, 'hv0001');
  const calm = await sshTo(dir, fleet.inventory, 'hv0002');
  const watch = startWatch(build, dir, playbook, '-i', fleet.inventory, '-v');
  try {
    const looks = () => watch.metric('virtune_watch_looks_total');
    await watch.until(async () => (await looks()) >= 2);
    await restartWithout(calm, 1);
    const alone = await reactionOf(watch, 'hv0002');
    const before = { looks: await looks(), at: performance.now() };
    await Promise.all([restartWithout(stormy, domains), sleep(300).then(() => restartWithout(calm, 1))]);
    const beside = await reactionOf(watch, 'hv0002', 2);
    const done = () => watch.said().split(/^\S+ hv0001: changed /m).length > 1;
    await watch.until(async () => done() && (await watch.metric('virtune_watch_host_differs')) === 0);
    const tookMs = performance.now() - before.at;
    await sleep(2_000);
    const made = (await looks()) - before.looks;
    const allowed = Math.ceil(tookMs / 200) + 4;
    const rows: readonly Row[] = [
      {
        what: `${domains} VMs of a host start at once: looks`,
        value: String(made),
        goal: atMost(made, allowed, String(allowed)),
        detail: `all limited ${seconds(tookMs)} after the first was stopped, the simulation's own time included`,
      },
      {
        what: 'its neighbour meanwhile: reaction',
        value: ms(beside),
        detail: `${ms(alone)} alone`,
      },
    ];
    return { title: `A storm on one of two simulated hosts, ${busyBefore}`, rows };
  } finally {
    await watch.stop();
    await fleet.stop();
  }
}

/** What the watch says of the last change of a host, in ms. */
async function reactionOf(watch: WatchProcess, host: string, times = 1): Promise<number> {
  const found = (): RegExpMatchArray[] => [
    ...watch.said().matchAll(new RegExp(`^\\S+ ${host}: changed .*\\((\\d+) ms after`, 'gm')),
  ];
  await watch.until(() => found().length >= times);
  return Number(found().at(-1)?.[1]);
}

/** Runs commands of virsh on one host. @returns what it says */
type SshTo = (commands: readonly string[]) => Promise<string>;

async function sshTo(dir: string, inventory: string, host: string): Promise<SshTo> {
  const [, port = ''] =
    new RegExp(`${host}:\\s+ansible_host: \\S+\\s+ansible_port: (\\d+)`).exec(
      await readFile(inventory, 'utf8'),
    ) ?? [];
  const known = ['-o', `UserKnownHostsFile=${join(dir, 'known_hosts')}`, '-o', 'IdentitiesOnly=yes'];
  const login = ['-F', 'none', '-i', join(dir, 'id_ed25519'), ...known, '-p', port, 'root@127.0.0.1'];
  return async (commands) => {
    const ran = await run(['ssh', ...login, `virsh -q -c qemu:///system '${commands.join(';')}'`]);
    expectCode(ran, 0, `virsh on ${host}`);
    return ran.stdout;
  };
}

/** A command line of SSH holds so many at most. */
const AT_ONCE = 100;

/** Stops so many VMs, takes away the limits of their configuration, and starts them, all at once. */
async function restartWithout(ssh: SshTo, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => `vm-${String(index + 1).padStart(3, '0')}`);
  const parts = Array.from({ length: Math.ceil(count / AT_ONCE) }, (_, index) =>
    names.slice(index * AT_ONCE, (index + 1) * AT_ONCE),
  );
  const each = (commands: (name: string) => string) =>
    Promise.all(parts.map((part) => ssh(part.map(commands))));
  const lists = (await each((name) => `domiflist ${name}`)).join('\n');
  const macs = lists.match(/[0-9a-f]{2}(?::[0-9a-f]{2}){5}/g) ?? [];
  await each((name) => `destroy ${name}`);
  await each((name) => `domiftune ${name} ${macs[names.indexOf(name)]} --config --inbound 0 --outbound 0`);
  await each((name) => `start ${name}`);
}

const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
