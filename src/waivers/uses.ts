import type { HostResult } from '../model/result.ts';
import type { BoundWaiver, WaiverRef, WaiverUse } from '../model/waiver.ts';

/** What is told of a waiver where it is told: beside a change, in a report. */
export function waiverRef({ owner, reason, until, file, line }: WaiverRef): WaiverRef {
  return { owner, reason, until, file, line };
}

/** `waived by ops until 2026-12-24: load test` */
export function waiverText({ owner, reason, until }: WaiverRef): string {
  return `waived by ${owner} until ${until}: ${reason}`;
}

/** Whether it does not hold any more. */
export function isExpired({ endsAt }: BoundWaiver, now: number): boolean {
  return endsAt <= now;
}

/**
 * What became of each waiver in a run.
 * @param whole all hosts of the inventory were meant, and all that were meant were read
 */
export function waiverUses(
  waivers: readonly BoundWaiver[],
  now: number,
  hosts: readonly HostResult[],
  whole: boolean,
): readonly WaiverUse[] {
  const counts = new Map<string, number>();
  for (const { waiver } of hosts.flatMap(({ resources }) => resources))
    if (waiver !== undefined) counts.set(keyOf(waiver), (counts.get(keyOf(waiver)) ?? 0) + 1);
  return waivers.map((waiver): WaiverUse => {
    const count = counts.get(keyOf(waiver)) ?? 0;
    const quiet = whole ? 'unused' : 'unknown';
    return {
      ...waiverRef(waiver),
      state: isExpired(waiver, now) ? 'expired' : count > 0 ? 'used' : quiet,
      count,
    };
  });
}

/** Every one of these hosts was read. A waiver may be for what was not. */
export function allRead(hosts: readonly HostResult[]): boolean {
  return hosts.every(
    ({ status, error }) => error === undefined && status !== 'unreachable' && status !== 'skipped',
  );
}

/** The same waivers over all shards of a run. @param whole as for {@link waiverUses} */
export function joinUses(parts: readonly (readonly WaiverUse[])[], whole: boolean): readonly WaiverUse[] {
  const joined = new Map<string, WaiverUse>();
  for (const one of parts.flat()) {
    const before = joined.get(keyOf(one));
    const count = (before?.count ?? 0) + one.count;
    const quiet = whole && one.state === 'unknown' ? 'unused' : one.state;
    const state = count > 0 && one.state !== 'expired' ? 'used' : quiet;
    joined.set(keyOf(one), { ...one, state, count });
  }
  return [...joined.values()];
}

const keyOf = ({ file, line, owner, until }: WaiverRef): string => JSON.stringify([file, line, owner, until]);
