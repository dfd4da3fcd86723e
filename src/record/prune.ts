import { rm } from 'node:fs/promises';

import type { Head, Seen } from './entry.ts';
import { endsOf, fileOf, runsFolder, runsIn, syncFolder } from './folder.ts';
import { hashOf } from './line.ts';
import { type RecordedRun, readRun } from './read.ts';
import { openRecord } from './recorder.ts';

/** What a removal of old runs comes to. */
export interface Pruning {
  readonly removed: readonly Seen[];
  /** Old ones that stay, and why. */
  readonly kept: readonly { readonly run: string; readonly why: string }[];
}

/**
 * The runs that began before a time. Those that go on stay, and those that name what was removed; and a file that was
 * changed, since it is evidence.
 */
export async function toPrune(state: string, before: Date): Promise<Pruning> {
  const removed: Seen[] = [];
  const kept: { run: string; why: string }[] = [];
  for (const run of (await runsIn(state)).toReversed()) {
    if (run >= idTime(before)) break;
    const why = whyKept(await readRun(state, run));
    if (why === null) continue;
    if (why !== '') kept.push({ run, why });
    else {
      const ends = await endsOf(state, run);
      removed.push({ run, hash: (ends && hashOf(ends.last)) ?? '' });
    }
  }
  return { removed, kept };
}

/** '' where nothing speaks against it, null for what is never removed. */
function whyKept({ state, fault, start }: RecordedRun): string | null {
  if (start?.what === 'prune') return null;
  if (state === 'running') return 'it goes on';
  return fault?.kind === 'broken' ? 'its chain is broken: virtune history verify' : '';
}

/** `20261126T003904123Z`, as ids begin. */
function idTime(date: Date): string {
  return date.toISOString().replaceAll(/[-:.]/g, '');
}

/**
 * Removes runs, and records which and by whom before it does: the chain goes on over what is gone.
 * @throws InputError where that cannot be recorded
 */
export async function prune(state: string, head: Head, removed: readonly Seen[]): Promise<void> {
  const record = await openRecord(state, head);
  try {
    await record.note({ type: 'pruned', at: new Date().toISOString(), runs: removed });
    for (const { run } of removed) await rm(fileOf(state, run), { force: true });
    await syncFolder(runsFolder(state));
    await record.end({ exitCode: 0, hosts: {}, subjects: {} });
  } finally {
    await record.close();
  }
}
