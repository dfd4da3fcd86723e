/** When a hypervisor is looked at. Times in milliseconds of one clock; nothing here reads one. */

/** After an event more of them follow within a moment: a start alone is two. */
export const QUIET_MS = 50;

/** What VMs alone were heard of costs little to be looked at, and the two events of a start come in one moment. */
const FEW_QUIET_MS = 10;

/** More VMs than these are looked at with their whole host. */
const MOST_FEW = 20;

/** Under a storm of events there is no quiet: then this long after the first. */
export const LONGEST_MS = 300;

/** Between two looks, however many events come: the most that a guest in a loop of restarts may cost its host. */
export const GAP_MS = 200;

/**
 * A start makes queues and writes libvirt's files before its event comes, and so does a write of virtune's own: a look at
 * once would find nothing yet, or nothing any more.
 */
export const TRACES_MS = 500;

/** However long such traces go on. */
export const LONGEST_TRACES_MS = 2_000;

/**
 * Who defines a VM starts it in most cases, and libvirt 9.0.0 answers nobody who asks about any VM of the host, or for
 * their list, while QEMU starts: a look that began just before would be held up with the lock of the host, and have
 * planned for a VM that does not run. Its start is told of; one that is not started gets its limits after this.
 */
export const DEFINED_MS = 3_500;

/**
 * After a look at those VMs alone that were heard of, the others follow: names in events may be anybody's. libvirt's
 * files tell of what was started within three seconds, and the look that is due then is this one as well.
 */
export const REST_MS = 4_000;

/** Lines that are nothing may come without end: they are told of, and looked at, this often. */
export const GARBLED_MS = 10_000;

/** Why a hypervisor is to be looked at. */
export const TRIGGERS = [
  'start',
  'reconnect',
  'event',
  'rest',
  'touched',
  'queues',
  'interval',
  'again',
  'window',
  'clock',
  'reload',
  'asked',
] as const;

export type Trigger = (typeof TRIGGERS)[number];

/** What has come up since the last look began. */
export interface Due {
  readonly firstAt: number;
  readonly lastAt: number;
  readonly triggers: readonly Trigger[];
  /** Words of the last event, and of which VM, where an event was among them. */
  readonly event?: { readonly word: string; readonly name: string } | undefined;
  /** Only these VMs were heard of, by what events call them; absent where all of the hypervisor is to be looked at. */
  readonly only?: readonly string[] | undefined;
  /** Nothing of it is pressing: until then it waits for what may follow. Absent otherwise. */
  readonly waitsUntil?: number;
}

/** A look is due, or one that is due has one more reason. */
export function marked(due: Due | null, trigger: Trigger, at: number, event?: Due['event']): Due {
  const patience = patienceFor(trigger, event);
  const own = patience === 0 ? {} : { waitsUntil: at + patience };
  if (due === null) return { firstAt: at, lastAt: at, triggers: [trigger], event, ...own };
  const triggers = due.triggers.includes(trigger) ? due.triggers : [...due.triggers, trigger];
  const { waitsUntil } = due;
  if (trigger === 'rest') return { ...due, triggers };
  // What is pressing begins as if nothing had been due, and waits for nothing that is not.
  if (waitsUntil !== undefined && patience === 0) return { firstAt: at, lastAt: at, triggers, event };
  if (isOfRest(due)) return { firstAt: at, lastAt: at, triggers, event, ...own };
  const next = { ...due, triggers, event: event ?? due.event };
  if (patience === 0) return { ...next, lastAt: at };
  if (waitsUntil === undefined) return next;
  const latest = due.firstAt + Math.max(patience, LONGEST_TRACES_MS);
  return { ...next, waitsUntil: Math.max(waitsUntil, Math.min(at + patience, latest)) };
}

/** The same where a VM was heard of that may be looked at without the others; null where there are too many of them. */
export function markedFew(due: Due | null, at: number, event: NonNullable<Due['event']>): Due | null {
  const only = [...new Set([...(due?.only ?? []), event.name])];
  return only.length > MOST_FEW ? null : { ...marked(due, 'event', at, event), only };
}

/** What is due for a hypervisor, and for VMs of it alone: one look at all of it. */
export function together(all: Due | null, few: Due | null): Due | null {
  if (all === null || few === null) return all ?? few;
  const { only: _, ...event } = few;
  const triggers = [...new Set([...all.triggers, ...event.triggers])];
  return { ...event, firstAt: Math.min(all.firstAt, few.firstAt), triggers, event: event.event ?? all.event };
}

/** How long to wait for what may follow, in milliseconds; 0 where a VM may be without its limits now. */
function patienceFor(trigger: Trigger, event: Due['event']): number {
  if (trigger === 'rest') return REST_MS;
  if (trigger === 'queues' || trigger === 'touched') return TRACES_MS;
  return trigger === 'event' && event?.word.startsWith('Defined') === true ? DEFINED_MS : 0;
}

/** Something was heard, and a VM may be without its limits. */
export function isUrgent(trigger: Trigger): boolean {
  return trigger === 'event' || trigger === 'touched' || trigger === 'queues';
}

/** @param lastLookAt when the last look began, -Infinity before the first */
export function dueAt(due: Due, lastLookAt: number): number {
  return Math.max(settledAt(due), lastLookAt + GAP_MS);
}

function settledAt(due: Due): number {
  const { firstAt, lastAt, triggers, waitsUntil, only } = due;
  if (waitsUntil !== undefined) return waitsUntil;
  const quiet = only === undefined ? QUIET_MS : FEW_QUIET_MS;
  return triggers.some(isUrgent) ? Math.min(lastAt + quiet, firstAt + LONGEST_MS) : firstAt;
}

/** Nothing was heard: what was left out of the last look is to be looked at. */
function isOfRest({ triggers }: Due): boolean {
  return triggers.every((one) => one === 'rest');
}

/** Queues alone have changed: no event of a VM has come yet that may follow. */
export function isOfQueues({ triggers }: Due): boolean {
  return triggers.every((one) => one === 'queues');
}

/** How long to wait before a lost hypervisor is connected to again, at first and at most, in milliseconds. */
export interface Pace {
  readonly firstMs: number;
  readonly longestMs: number;
}

export const PACES = {
  lost: { firstMs: 200, longestMs: 30_000 },
  /** A host that refuses a login bans those who keep trying: five times in ten minutes is fail2ban's measure. */
  refused: { firstMs: 120_000, longestMs: 600_000 },
  /** An account is locked by wrong passwords: three times in a quarter of an hour is pam_faillock's measure. */
  refusedPassword: { firstMs: 1_200_000, longestMs: 1_200_000 },
} as const satisfies Record<string, Pace>;

/**
 * Doubled each time, with "equal jitter", so that a fleet that was lost at once does not come back at once.
 * @param failed how often it was lost or not reached since it was last watched, from 1
 * @param random a number in [0, 1)
 */
export function reconnectDelay(
  failed: number,
  random: number,
  { firstMs, longestMs }: Pace = PACES.lost,
): number {
  const step = Math.min(longestMs, firstMs * 2 ** Math.min(failed - 1, 10));
  return Math.round(step / 2 + (step / 2) * random);
}

/** What was busy or failed is looked at again: after 5 s, then twice as long each time, up to a minute. */
export function againDelay(times: number): number {
  return Math.min(60_000, 5_000 * 2 ** Math.min(times - 1, 5));
}

/** A libvirt that has just been started may say of things that they are not there. */
const AFTER_RESTART_MS = 15_000;

/** What is known after a look. */
interface Looked {
  /** How often in a row something was left to be done. */
  readonly again: number;
  /** It was made after a connection was lost. */
  readonly restarted: boolean;
  readonly intervalMs: number;
  /** Until a rule begins or ends. */
  readonly changesInMs: number | null;
}

/** When a hypervisor is looked at again where nothing is heard of it, and why. */
export function nextLook({ again, restarted, intervalMs, changesInMs }: Looked): {
  readonly trigger: Trigger;
  readonly afterMs: number;
} {
  const regular = again > 0 ? againDelay(again) : intervalMs;
  const soon = Math.min(regular, restarted ? AFTER_RESTART_MS : regular);
  // The clock may still be a moment before what it was to be.
  if (changesInMs !== null && changesInMs + 1 < soon) return { trigger: 'window', afterMs: changesInMs + 1 };
  return { trigger: again > 0 ? 'again' : 'interval', afterMs: soon };
}
