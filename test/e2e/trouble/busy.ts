import { setTimeout as sleep } from 'node:timers/promises';
import { LONG } from '../../long.ts';
import { bridgeNic, guest, lab, type Played, play, removeGuests, write } from '../lab.ts';

export const BUSY_HOST = 'hv02';

export interface BusyRuns {
  /** A run over a VM whose lock is held to the end, and another VM; two minutes, so in the longer suite only. */
  readonly held: Promise<Played> | null;
  /** A run over a VM whose lock is given back meanwhile. */
  readonly freed: Promise<Played>;
  readonly end: () => Promise<void>;
}

/**
 * Starts runs over VMs whose lock a memory dump holds: into a pipe that nobody reads, so for as long as wanted. The host
 * tells of it at once, and a run tries again for about a minute, so tests go on meanwhile.
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
  const on = (domain: string) =>
    play(write({ rules: [{ domain, inbound: 7 }] }, { hosts: BUSY_HOST }), '--lock-wait', '300');
  const uuid = await guest(BUSY_HOST, 'tr-freed', '--nic', bridgeNic('52:54:00:ee:02:03'));
  const release = await hold(uuid);
  const freed = on('tr-freed');
  // Its first tries fail before the VM is free.
  void sleep(40_000).then(release);
  let held: Promise<Played> | null = null;
  if (LONG) {
    const other = await guest(BUSY_HOST, 'tr-held', '--nic', bridgeNic('52:54:00:ee:02:01'));
    await guest(BUSY_HOST, 'tr-held-not', '--nic', bridgeNic('52:54:00:ee:02:02'));
    const releaseOther = await hold(other);
    held = on('tr-held*').finally(releaseOther);
  }
  // Silent while they wait for their test.
  for (const run of [freed, held]) run?.catch(() => {});
  const end = async () => {
    await Promise.allSettled([freed, held]);
    await removeGuests(BUSY_HOST, 'tr-');
  };
  return { held, freed, end };
}
