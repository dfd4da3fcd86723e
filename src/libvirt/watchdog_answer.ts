import { frameError } from './answer.ts';
import { parseLock } from './lock_answer.ts';
import { splitSections } from './sections.ts';
import { runOf } from './trials_answer.ts';

/** Why no watchdog watches over a write. */
export type Unarmed =
  /** Watchdogs of other runs wait: the run by the UUID of the VM. */
  | { readonly waits: ReadonlyMap<string, string> }
  | { readonly locked: string }
  | { readonly problem: string };

/** Reads the answer to `arm` of watchdog_script.ts; null where the watchdog watches. */
export function parseArmAnswer(marker: string, stdout: string, stderr: string): Unarmed | null {
  const sections = splitSections(marker, stdout);
  const frame = frameError(sections, stdout, stderr);
  if (frame !== null) return { problem: frame.message };
  const { lockedBy } = parseLock(sections);
  if (lockedBy !== undefined) return { locked: lockedBy };
  if (sections.some(({ name }) => name === 'armed')) return null;
  const waits = sections.flatMap(({ name }): [string, string][] => {
    const [word, other = '', uuid = ''] = name.split(':');
    return word === 'waits' ? [[uuid, runOf(other)]] : [];
  });
  if (waits.length > 0) return { waits: new Map(waits) };
  const why = sections.find(({ name }) => name.startsWith('unarmed:'))?.name.slice('unarmed:'.length) ?? '';
  return { problem: PROBLEMS[why] ?? `it said: ${why || 'nothing'}` };
}

/**
 * What became of a watchdog that was called off:
 * - dropped: it was, and gives nothing back
 * - late: its time has come just now: it gives back
 * - gone: there is none, or none any more
 */
export type Dropped = 'dropped' | 'late' | 'gone';

/** Reads the answer to `drop`. */
export function parseDropAnswer(
  marker: string,
  stdout: string,
  stderr: string,
): Dropped | { readonly problem: string } {
  const sections = splitSections(marker, stdout);
  const frame = frameError(sections, stdout, stderr);
  if (frame !== null) return { problem: frame.message };
  const said = DROPPED.find((word) => sections.some(({ name }) => name === word));
  return said ?? { problem: 'it said nothing of the watchdog' };
}

const DROPPED = ['dropped', 'late', 'gone'] as const;

const PROBLEMS: Readonly<Record<string, string>> = {
  proc: 'its /proc does not tell the arguments of processes whole',
  remote: 'its libvirt URI is that of another machine',
  setsid: 'it has neither systemd-run for this login nor setsid (util-linux)',
  folder: 'its folder in /run, or in /dev/shm for others than root, cannot be made, or its time is over',
  start: 'it was begun and did not start',
};
