import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { bandwidth, bridgeNic, guest, LAB, lab, removeGuests, write } from './lab.ts';
import {
  byHand,
  cable,
  hangLibvirtd,
  LIMIT,
  LIMITED,
  onHost,
  rebuild,
  restartSshd,
  streams,
  wakeLibvirtd,
  without,
} from './watch/befalls.ts';
import { startWatch, type Watching } from './watch/watching.ts';

/**
 * What befalls VMs, hosts and the line to them while a watch runs, judged by plain virsh and the host's own processes.
 * What takes a minute runs with VIRTUNE_LONG=1, which also says how long each reaction took.
 */

const HOST = 'hv01';
const NAME = 'wproof-guest';
const MAC = '52:54:00:ec:00:01';
const PLUGGED = '52:54:00:ec:00:02';

describe.skipIf(LAB === '')('a watch of a real host', { concurrent: false }, () => {
  let watch: Watching;
  let uuid = '';
  const begin = (...options: string[]): Watching =>
    startWatch(
      write({ rules: [{ name: 'slow', domain: 'wproof-*', inbound: LIMIT }] }, { hosts: HOST }),
      ...options,
    );
  const isDeclared = async () => (await without(HOST, 'wproof-')) === 0;
  /** Waits until all is as declared, and what the watch says of that. */
  const declared = async (said: RegExp): Promise<void> => {
    await watch.until(isDeclared);
    await watch.until(() => said.test(watch.said()));
    if (LONG) console.log(said.exec(watch.said())?.[0]);
  };
  const timesWatched = () => watch.said().split(`${HOST}: watched\n`).length - 1;
  /** Again watched, after it was so often before. */
  const watchedAgain = (before: number) => watch.until(() => timesWatched() > before);

  beforeAll(async () => {
    await removeGuests(HOST, 'wproof-');
    const [first] = await Promise.all([guest(HOST, NAME, '--nic', bridgeNic(MAC))]);
    uuid = first;
    // Nothing can be plugged into a machine without ACPI.
    await onHost(
      HOST,
      `virsh -q dumpxml --inactive $0 | sed 's,</os>,&<features><acpi/></features>,' >/tmp/acpi.xml
       virsh -q destroy $0; virsh -q undefine $0; virsh -q define /tmp/acpi.xml; virsh -q start --paused $0`,
      uuid,
    );
    watch = begin();
    await declared(/hv01: changed .*/);
  });
  afterAll(async () => {
    cable(HOST, 'up');
    await wakeLibvirtd(HOST).catch(() => {});
    await watch.stop();
    await removeGuests(HOST, 'wproof-');
  });

  it('limits a NIC that is plugged in', async () => {
    await onHost(
      HOST,
      'printf %s "$1" >/tmp/nic.xml; virsh -q attach-device $0 /tmp/nic.xml --live',
      uuid,
      bridgeNic(PLUGGED),
    );
    await declared(/hv01: changed .* ms after device-added of wproof-guest\)/);
    expect(await bandwidth(HOST, uuid)).toEqual([LIMITED, LIMITED]);
  });

  // Its last event is "Suspended Restored" where it was saved while paused.
  it('limits a VM that comes back from an image without limits', async () => {
    await onHost(
      HOST,
      `virsh -q managedsave $0
       virsh -q managedsave-dumpxml --security-info $0 | sed '/<bandwidth>/,/<.bandwidth>/d' >/tmp/saved.xml
       virsh -q managedsave-define $0 /tmp/saved.xml; virsh -q start $0`,
      uuid,
    );
    await declared(/hv01: changed .* ms after ((Started|Suspended) Restored|Resumed \w+) of wproof-guest\)/);
  });

  it('limits what was rebuilt while sshd was away, with all that it had started', async () => {
    const before = timesWatched();
    await restartSshd(HOST);
    await rebuild(HOST, uuid);
    await watchedAgain(before);
    await watch.until(isDeclared);
    await watch.until(async () => (await streams(HOST)) === 2);
  });

  it('leaves nothing where its program was killed, and begins again', async () => {
    const before = timesWatched();
    // The program itself, whose children are in its process group.
    await onHost(HOST, "pkill -9 -o -f 'sh -c .*event --event'");
    await watchedAgain(before);
    await byHand(HOST, uuid, MAC, '--live');
    await watch.until(isDeclared);
    await watch.until(async () => (await streams(HOST)) === 2);
  });

  it('works where a connection may have one session', async () => {
    const conf = join(LAB, 'hosts', HOST, 'sshd.d/watch.conf');
    mkdirSync(join(LAB, 'hosts', HOST, 'sshd.d'), { recursive: true });
    writeFileSync(conf, 'MaxSessions 1\n');
    try {
      const before = timesWatched();
      await restartSshd(HOST);
      await watchedAgain(before);
      await rebuild(HOST, uuid);
      await watch.until(isDeclared);
    } finally {
      rmSync(conf);
      await restartSshd(HOST);
    }
  });

  it('shares a host with another watch', async () => {
    const other = begin();
    const from = watch.said().length;
    try {
      await other.until(() => other.said().includes(`${HOST}: watched`));
      await rebuild(HOST, uuid);
      await watch.until(isDeclared);
      // Whoever came second has found what was done.
      for (const said of [watch.said().slice(from), other.said()])
        expect(said).not.toMatch(/failed|refused|please report it/);
    } finally {
      await other.stop();
    }
    await watch.until(async () => (await streams(HOST)) === 2);
  });

  it.runIf(LONG)('takes up a host whose libvirtd hung', async () => {
    const before = timesWatched();
    await hangLibvirtd(HOST);
    await watch.until(() => /hv01: lost: .*(keepalive|did not answer)/.test(watch.said()));
    await wakeLibvirtd(HOST);
    await rebuild(HOST, uuid);
    await watchedAgain(before);
    await watch.until(isDeclared);
  });

  it.runIf(LONG)('takes up a host whose cable was out', async () => {
    const before = timesWatched();
    cable(HOST, 'down');
    await rebuild(HOST, uuid);
    await watch.until(() => /hv01: lost: nothing was heard of it/.test(watch.said()));
    cable(HOST, 'up');
    await watchedAgain(before);
    await watch.until(isDeclared);
    await watch.until(async () => (await streams(HOST)) === 2);
  });

  it.runIf(LONG)('leaves no process and no lock on a host when its own machine loses power', async () => {
    cable(HOST, 'down');
    await watch.started.signal('SIGKILL');
    await watch.started.ended;
    expect(await streams(HOST)).toBe(2);
    await watch.until(async () => (await streams(HOST)) === 0);
    expect(await onHost(HOST, 'flock -n /run/libvirt true && echo free')).toBe('free\n');
    expect(await onHost(HOST, "pgrep -fc '[s]h -c .*event --event' || :")).toBe('0\n');
    cable(HOST, 'up');
    await lab(['exec', HOST, 'true']);
  });
});
