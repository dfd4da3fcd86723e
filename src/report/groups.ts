import { groupBy } from '../base/group.ts';
import { isQuiet } from '../engine/keep.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Effect } from '../modules/module.ts';
import { anonymous } from './anonymous.ts';
import { isSkipped } from './unsupported.ts';

/** A change on one of the hosts. */
export interface Member {
  readonly host: string;
  readonly change: Change;
  /** Of what is written, or would be. */
  readonly difference?: Difference;
}

/** What a change does, in its module's words. */
export interface Difference {
  readonly effect: Effect;
  readonly sentence: string;
  readonly target: string;
}

/** Changes of which the same is to be said, in the order of the hosts. */
export interface Group {
  readonly members: readonly [Member, ...Member[]];
  /** Why they have their status; in the words of all of them where each names its own host or subject. */
  readonly reason?: string;
}

/**
 * All changes that have news, each in one group: same module, rules, status, reason and notes, and the same difference
 * in the words in which it is told. Groups stand in the order of their first members.
 * @param most so many groups of differences; where there are more, only half of them, the largest, stay as they are,
 * and all others that come to the same limits are one
 */
export function groupChanges(hosts: readonly HostResult[], most = Infinity): readonly Group[] {
  const differenceOf = differences();
  const told = hosts.flatMap((host) =>
    host.resources
      .filter((change) => hasNews(change) && !isToldOfHost(change, host))
      .map((change) => tell(change, host, differenceOf)),
  );
  const groups = groupBy(told, ({ key }) => key);
  const written = [...groups.values()].filter(([{ member }]) => isWritten(member.change));
  if (written.length <= most) return [...groups.values()].map(groupOf);
  const small = written.toSorted((a, b) => b.length - a.length).slice(Math.floor(most / 2));
  const keys = new Set(small.map(([{ key }]) => key));
  const byTarget = groupBy(told, (one) => (keys.has(one.key) ? targetKey(one) : one.key));
  return [...byTarget.values()].map(groupOf);
}

/** A change with what it is grouped by. */
interface Told {
  readonly member: Member;
  readonly reason: string | undefined;
  readonly key: string;
}

/** The words of each difference once: thousands of VMs often share their settings. */
function differences(): (change: Change) => Difference {
  const known = new Map<unknown, Map<string, Difference>>();
  return (change) => {
    const { module, settings, steps } = change;
    const { text } = moduleNamed(module);
    const own = known.get(settings) ?? new Map<string, Difference>();
    known.set(settings, own);
    const key = `${module} ${steps.length > 0}`;
    const words = own.get(key) ?? {
      effect: text.effect(change),
      sentence: text.sentence(change),
      target: text.target(change),
    };
    own.set(key, words);
    return words;
  };
}

function tell(change: Change, host: HostResult, differenceOf: (change: Change) => Difference): Told {
  const reason = change.reason === undefined ? undefined : anonymous(change.reason, host, change);
  const member = { host: host.name, change };
  // What is waived would be written otherwise: what differs is told of it as well.
  if (!isWritten(change) && change.status !== 'waived')
    return { member, reason, key: keyOf(change, reason, []) };
  const difference = differenceOf(change);
  const { effect, sentence } = difference;
  return { member: { ...member, difference }, reason, key: keyOf(change, reason, [effect, sentence]) };
}

function targetKey({ member: { change, difference }, reason }: Told): string {
  return keyOf(change, reason, [difference?.target ?? '']);
}

function keyOf(change: Change, reason: string | undefined, difference: readonly string[]): string {
  const { module, rules, status, notes = [], ignored = false, cause } = change;
  const why = cause?.text ?? null;
  return JSON.stringify([module, rules, status, reason ?? null, notes, ignored, why, difference]);
}

function groupOf([first, ...rest]: readonly [Told, ...Told[]]): Group {
  const { reason: own } = first.member.change;
  // Where all say the same it is said as it is.
  const reason = rest.every(({ member }) => member.change.reason === own) ? own : first.reason;
  return {
    members: [first.member, ...rest.map(({ member }) => member)],
    ...(reason === undefined ? {} : { reason }),
  };
}

/** Whether something is to be said of it where not everything is. */
export function hasNews(change: Change): boolean {
  // A fleet may have thousands of those that are left as they are: the counts say how many.
  return !isQuiet(change) && !isSkipped(change);
}

/** Whether the error of the host says already why it failed: a login without rights may meet that hundreds of times. */
export function isToldOfHost({ status, reason }: Change, { remedy }: HostResult): boolean {
  return status === 'failed' && reason !== undefined && remedy?.error.includes(reason) === true;
}

/** What is written, or would be. */
export function isWritten({ status }: Change): boolean {
  return status === 'pending' || status === 'changed';
}
