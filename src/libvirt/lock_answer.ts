import { type Section, splitSections } from './sections.ts';

/** What an answer says of the lock that a write asked for. All words are a host's: data. */
export interface LockAnswer {
  /** Who had it when it was asked for; '' where that is not known. Absent where nobody had it. */
  readonly holder?: string;
  /** The same, where it was not given in time, so that nothing was written. */
  readonly lockedBy?: string;
  /** Why the write had none. */
  readonly without?: string;
}

/** Reads the sections of lock_script.ts. */
export function parseLock(sections: readonly Section[]): LockAnswer {
  const held = sections.find(({ name }) => name === 'holder');
  const holder = held === undefined ? undefined : holderOf(held.body);
  const unlocked = sections.find(({ name }) => name.startsWith('unlocked:'))?.name.slice('unlocked:'.length);
  return {
    ...(holder === undefined ? {} : { holder }),
    ...(sections.some(({ name }) => name === 'locked') ? { lockedBy: holder ?? SOMEBODY } : {}),
    ...(unlocked === undefined ? {} : { without: WITHOUT[unlocked] ?? `it said: ${unlocked}` }),
  };
}

/** Who has the lock that a program waits for; null once it waits no longer. */
export type TellHolder = (holder: string | null) => void;

/** So much of an answer, in characters, may come before the word of the lock: what a profile prints, too. */
const BEFORE = 64 * 1024;

/**
 * Hears an answer as it comes, in any pieces, and tells for whom the program waits, as long as it does.
 * @returns what is to hear the pieces
 */
export function lockListener(marker: string, tell: TellHolder): (text: string) => void {
  let said = '';
  let waits = false;
  let over = false;
  return (text) => {
    if (over) return;
    said += text;
    // The last line may be half a line.
    const sections = splitSections(marker, said.slice(0, said.lastIndexOf('\n') + 1));
    if (!waits && sections.some(({ name }) => name === 'waiting')) {
      waits = true;
      tell(parseLock(sections).holder ?? SOMEBODY);
    }
    over =
      sections.some(({ name }) => !['begin', 'holder', 'waiting'].includes(name)) || said.length > BEFORE;
    if (!over) return;
    said = '';
    if (waits) tell(null);
  };
}

/** The process is another user's, or of another namespace, or gone by now. */
const SOMEBODY = 'another process';

const WITHOUT: Readonly<Record<string, string>> = {
  flock: 'it has no flock that waits and times out (util-linux has)',
  timeout: 'it has no timeout command',
  folder: 'it has no folder /run/libvirt',
  session: 'libvirt runs as the user there (a session)',
  remote: 'its libvirt URI is that of another machine',
  proc: 'its /proc does not tell the arguments of processes whole',
};

/** `alice@ci, run 20261126T…` of virtune's own; else the process and what it was called with. */
function holderOf(body: string): string {
  const [, pid = '', said = ''] = /^(\d+) +(.*\S)?/m.exec(body) ?? [];
  const own = /^owner=(\S+) run=(\S+)$/.exec(said);
  if (own !== null) return `${own[1]}, run ${own[2]}`;
  if (pid === '') return SOMEBODY;
  return said === '' ? `process ${pid}` : `process ${pid}: ${said}`;
}
