import { groupBy } from '../base/group.ts';
import { isQuiet } from '../engine/keep.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import { anonymous } from './anonymous.ts';
import { isSkipped } from './unsupported.ts';

/** A change on one of the hosts. */
export interface Member {
  readonly host: string;
  readonly change: Change;
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
 */
export function groupChanges(hosts: readonly HostResult[]): readonly Group[] {
  const told = hosts.flatMap((host) =>
    host.resources
      .filter((change) => hasNews(change) && !isToldOfHost(change, host))
      .map((change) => {
        const reason = change.reason === undefined ? undefined : anonymous(change.reason, host, change);
        return { member: { host: host.name, change }, reason, key: keyOf(change, reason) };
      }),
  );
  return [...groupBy(told, ({ key }) => key).values()].map((alike) => {
    const [first, ...rest] = alike;
    const { reason: own } = first.member.change;
    // Where all say the same it is said as it is.
    const reason = rest.every(({ member }) => member.change.reason === own) ? own : first.reason;
    return {
      members: [first.member, ...rest.map(({ member }) => member)],
      ...(reason === undefined ? {} : { reason }),
    };
  });
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

function keyOf(change: Change, reason: string | undefined): string {
  const { module, rules, status, notes = [], ignored = false } = change;
  const { text } = moduleNamed(module);
  const difference = isWritten(change) ? [text.effect(change), text.sentence(change)] : [];
  return JSON.stringify([module, rules, status, reason ?? null, notes, ignored, difference]);
}
