import { utcText } from '../base/time/utc.ts';
import type { Gate } from '../gates/gate.ts';
import type { Event } from '../libvirt/watch_script.ts';
import type { CauseKind } from '../model/cause.ts';
import type { Change } from '../model/change.ts';

/** So often within so long somebody else has undone what a watch did: then there are two owners. */
const TIMES = 4;
const WITHIN_MS = 10 * 60_000;

/** For so long such a subject is left alone; twice as long each time, up to the longest. */
const FIRST_HOLD_MS = 60_000;
const LONGEST_HOLD_MS = 60 * 60_000;

/** What is set again and again: by this watch and somebody else in turn, or in vain. Times are milliseconds since 1970. */
export interface Flapping {
  /**
   * Remembers what a look has written, with its causes.
   * @param isAll these are all subjects of the hypervisor: of those that are gone nothing is remembered
   */
  readonly note: (changes: readonly Change[], at: number, isAll?: boolean) => void;
  /** A VM that starts is left alone by nobody. */
  readonly hear: (event: Event) => void;
  /** Somebody has said anew what is to be. */
  readonly forget: () => void;
  /**
   * Leaves alone, for a while, what somebody keeps setting back, and what fails each time.
   * @param ahead by how much the time that people read is ahead of these times
   */
  readonly gate: (at: number, ahead?: number) => Gate;
}

interface Fight {
  /** Of its VM, as events have it. */
  readonly name: string;
  /** When it was set by this watch, the last times. */
  readonly times: readonly number[];
  readonly holds: number;
  readonly until: number;
  /** Why it failed the last time; undefined where it did not. */
  readonly failure?: string | undefined;
}

/**
 * Two tools that undo each other do so for ever, and each of them blames the other. Only what was changed by a hand is
 * counted, in libvirt or behind it, and only since the VM was started: one that restarts in a loop gets its limits each
 * time, also where an agent of Neutron's wipes them once after each start. That a start is told of by a name, which may
 * be another VM's, bears no harm: a fight then lasts a few writes longer. A write that fails is counted, too: what it has
 * left behind makes the host tell of a change, and so would bring on the next one.
 */
export function flapping(): Flapping {
  const fights = new Map<string, Fight>();
  return {
    note: (changes, at, isAll = false) => {
      for (const change of changes) {
        const failed = change.status === 'failed' && change.steps.length > 0;
        if (change.status !== 'changed' && !failed) continue;
        if (isAnew(change)) fights.delete(keyOf(change));
        if (isAnew(change) || !(failed || isByHand(change))) continue;
        const { times: old, holds } = fights.get(keyOf(change)) ?? { times: [], holds: 0 };
        const times = [...old.filter((time) => time > at - WITHIN_MS), at];
        const isHeld = times.length >= TIMES;
        const hold = Math.min(LONGEST_HOLD_MS, FIRST_HOLD_MS * 2 ** holds);
        fights.set(keyOf(change), {
          name: change.domain.name,
          times,
          holds: isHeld ? holds + 1 : holds,
          until: isHeld ? at + hold : 0,
          failure: failed ? (change.reason ?? 'for no told reason') : undefined,
        });
      }
      // Whoever has not been heard of for long has given up.
      for (const [key, { times, until }] of fights)
        if (Math.max(until, times.at(-1) ?? 0) < at - LONGEST_HOLD_MS) fights.delete(key);
      if (!isAll || fights.size === 0) return;
      const there = new Set(changes.map(keyOf));
      for (const key of fights.keys()) if (!there.has(key)) fights.delete(key);
    },
    forget: () => fights.clear(),
    hear: ({ name, word }) => {
      if (!word.startsWith('Started')) return;
      for (const [key, fight] of fights) if (fight.name === name) fights.delete(key);
    },
    gate: (at, ahead = 0) => ({
      name: 'flapping',
      alone: true,
      applies: () => fights.size > 0,
      judge: (_, { changes }) =>
        changes.flatMap((change) => {
          const fight = fights.get(keyOf(change));
          if (fight === undefined || fight.until <= at) return [];
          const since = utcText(new Date((fight.times[0] ?? at) + ahead).toISOString());
          const until = utcText(new Date(fight.until + ahead).toISOString());
          return {
            covers: (one: Change) => keyOf(one) === keyOf(change),
            status: 'skipped' as const,
            reason:
              fight.failure === undefined
                ? `somebody else sets it back each time, ${fight.times.length} times since ${since}: it is left alone until ${until}; let one of the two own it`
                : `it was set ${fight.times.length} times in vain since ${since}: it is left alone until ${until}; the last time: ${fight.failure}`,
          };
        }),
    }),
  };
}

/** A VM that was started or made anew as well needs its limits, whoever has taken them away. */
const isAnew = (change: Change): boolean => kindsOf(change).some((kind) => ANEW.includes(kind));
const isByHand = (change: Change): boolean => kindsOf(change).some((kind) => BY_HAND.includes(kind));

const kindsOf = ({ cause }: Change): readonly CauseKind[] =>
  cause === undefined ? [] : [cause.kind, ...(cause.also ?? [])];

const ANEW: readonly CauseKind[] = ['restarted', 'rebuilt', 'started', 'moved'];
const BY_HAND: readonly CauseKind[] = ['changedByHand', 'changedInKernel'];

function keyOf({ module, domain, subject }: Change): string {
  return `${module}\0${domain.uuid}\0${subject.key}`;
}
