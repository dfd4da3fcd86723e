import { setTimeout as sleep } from 'node:timers/promises';
import { bridgeNic, guest, lab, type Played, play, removeGuests, write } from '../lab.ts';

export const BUSY_HOST = 'hv02';

export interface BusyRuns {
  /** A run over a VM whose lock is held to the end, and another VM. */
  readonly held: Promise<Played>;
  /** A run over a VM whose lock is given back meanwhile. */
  readonly freed: Promise<Played>;
  readonly end: () => Promise<void>;
}

/**
 * Starts runs over VMs whose lock a memory dump holds: into a pipe that nobody reads, so for as long as wanted. libvirt
 * waits 30 s for the lock each time, so tests go on meanwhile.
 */
export async function busyRuns(): Promise<BusyRuns> {
  await removeGuests(BUSY_HOST, 'tr-');
  const hold = async (id: string) => {
    const script = `
      d=$(mktemp -d); mkfifo $d/dump
      sleep 1000 3<>$d/dump </dev/null >/dev/null 2>&1 & echo $!
      virsh dump $0 $d/dump --memory-only </dev/null >/dev/null 2>&1 &
      until virsh -r domjobinfo $0 | grep -q Dump; do sleep 0.05; done`;
    const pid = (await lab(['exec', BUSY_HOST, 'bash', '-ec', script, id])).trim();
    return () => lab(['exec', BUSY_HOST, 'kill', pid]);
  };
  const held = await guest(BUSY_HOST, 'tr-held', '--nic', bridgeNic('52:54:00:ee:02:01'));
  await guest(BUSY_HOST, 'tr-held-not', '--nic', bridgeNic('52:54:00:ee:02:02'));
  const freed = await guest(BUSY_HOST, 'tr-freed', '--nic', bridgeNic('52:54:00:ee:02:03'));
  const releaseHeld = await hold(held);
  const releaseFreed = await hold(freed);
  // Each try of one run holds the host's lock for as long as libvirt makes it wait.
  const on = (domain: string) =>
    play(write({ rules: [{ domain, inbound: 7 }] }, { hosts: BUSY_HOST }), '--lock-wait', '300');
  const second = on('tr-freed');
  // The first try of this one comes first, and fails before the VM is free.
  await sleep(3_000);
  const first = on('tr-held*').finally(releaseHeld);
  void sleep(37_000).then(releaseFreed);
  // Silent while they wait for their test.
  for (const run of [first, second]) run.catch(() => {});
  const end = async () => {
    await Promise.allSettled([first, second]);
    await removeGuests(BUSY_HOST, 'tr-');
  };
  return { held: first, freed: second, end };
}
