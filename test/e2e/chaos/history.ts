import { runsIn } from '../../../src/record/folder.ts';
import { historyOf as readHistory, withWaiting } from '../../../src/record/history.ts';
import { historyJson } from '../../../src/reporters/history.ts';
import type { Side } from './scenario.ts';
import type { Limit } from './world.ts';

/** What `virtune history --json` says, as far as it is judged. */

type Limits = { readonly inbound?: { readonly average: number } | null } | null;
type Both = Readonly<Record<Side, Limits>>;

export interface ToldChange {
  readonly host: string;
  readonly known: boolean;
  readonly resource: {
    readonly domain: { readonly uuid: string };
    readonly subject: { readonly mac: string };
    readonly status: string;
    readonly desired: Limits;
    readonly desiredByState?: Both;
    readonly before: Both;
    readonly after: Both | null;
    readonly commands: readonly string[];
    readonly reason?: string;
    readonly notes?: readonly string[];
  };
}

export interface ToldRun {
  readonly run: string;
  readonly state: 'ended' | 'running' | 'cut';
  readonly start: {
    readonly what: string;
    readonly of?: string;
    readonly command: string;
    readonly reason?: string;
  } | null;
  readonly end: { readonly exitCode: number } | null;
  readonly fault: object | null;
  /** Of a run with --confirm-within that has begun watchdogs. */
  readonly confirm?: readonly {
    readonly hosts: readonly string[];
    readonly how: 'dropped' | 'late' | 'gone' | 'idle' | null;
  }[];
  readonly changes: readonly ToldChange[];
}

/** All runs of a record, newest first: what the command prints, without the cost of a process. */
export async function historyOf(state: string): Promise<readonly ToldRun[]> {
  const runs = await runsIn(state);
  const told = await Promise.all(runs.map(async (run) => withWaiting(state, await readHistory(state, run))));
  return (JSON.parse(historyJson(told)) as { readonly runs: readonly ToldRun[] }).runs;
}

const inbound = (limits: Limits | undefined): Limit | undefined =>
  limits?.inbound === undefined ? undefined : (limits.inbound?.average ?? null);

/** What a change is to set in a state; undefined where that is left alone. */
export function desiredOf({ resource }: ToldChange, side: Side): Limit | undefined {
  return inbound(resource.desiredByState === undefined ? resource.desired : resource.desiredByState[side]);
}

/** What a state had before it; undefined where the NIC was not in it. */
export function beforeOf({ resource }: ToldChange, side: Side): Limit | undefined {
  return inbound(resource.before[side]);
}
