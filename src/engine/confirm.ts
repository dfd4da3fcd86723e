import type { Session } from '../connection/session.ts';
import type { LibvirtAccess } from '../libvirt/script.ts';
import type { Dropped } from '../libvirt/watchdog_answer.ts';
import { beforeOf, type Change, desiredOf, differs } from '../model/change.ts';
import type { HostJob } from './job.ts';
import { nowText } from './meanwhile.ts';
import type { Owned } from './plan.ts';
import type { WatchRecorder } from './recorder.ts';
import { drop } from './watchdog.ts';

/** What became of the watchdogs of a hypervisor, by the hosts that they are of. */
export type Confirmed = ReadonlyMap<string, Dropped>;

/**
 * Calls off the watchdogs of a run that is confirmed.
 * @returns what became of them; or why one of them does not answer
 * @throws ConnectionError
 */
export async function confirmHosts(
  jobs: readonly HostJob[],
  session: Session,
  libvirt: LibvirtAccess,
  record: Pick<WatchRecorder, 'disarm'> | undefined,
): Promise<Confirmed | { readonly problem: string }> {
  const done = new Map<string, Dropped>();
  const confirmed = new Map<string, Dropped>();
  for (const { name: host, watchdogs = [] } of jobs)
    for (const { name, wasDropped } of watchdogs) {
      const known = done.get(name);
      const said = known ?? (await drop(name, session, libvirt));
      if (typeof said === 'object') return said;
      if (known === undefined) await record?.disarm(name, said);
      done.set(name, said);
      const how = said === 'gone' && wasDropped ? 'dropped' : said;
      // Of several the worst counts.
      if (confirmed.get(host) === undefined || how !== 'dropped') confirmed.set(host, how);
    }
  return confirmed;
}

/** The changes of a run that is confirmed, without those that have been given back. */
export function stillOnTrial(planned: readonly Owned[], confirmed: Confirmed): readonly Owned[] {
  return planned.map((owned) => {
    const how = confirmed.get(owned.hosts[0] ?? '');
    if (how === undefined || how === 'dropped' || !isOver(owned.change, how)) return owned;
    const why = how === 'late' ? 'its host gives back what it had before, just now' : GONE;
    const reason = `too late, nothing was written: ${why}; ${nowText(owned.change, sidesOf(owned.change))}`;
    return { ...owned, ignoreErrors: false, change: { ...owned.change, steps: [], status: 'stale', reason } };
  });
}

const GONE =
  'nothing waits for a confirm on its host any more, which gave back what it had before or was restarted';

/**
 * Whether the run is undone there. Without a watchdog that is so where what runs does not have what the run has set: an
 * earlier confirm may have called it off and ended before it was told so.
 */
function isOver(change: Change, how: Dropped): boolean {
  if (how === 'late') return true;
  const desired = desiredOf(change, 'live');
  const live = beforeOf(change, 'live');
  return live === null || Object.keys(desired).length === 0 || differs(live, desired);
}

function sidesOf(change: Change) {
  return { live: beforeOf(change, 'live'), config: beforeOf(change, 'config') };
}

/** What is to be told of each host. */
export function confirmNotes(confirmed: Confirmed): readonly string[] {
  const all = [...confirmed.values()];
  return all.length > 0 && all.every((how) => how === 'dropped') ? [CALLED_OFF] : [];
}

const CALLED_OFF = 'confirmed: this host gives nothing back any more';
