import { groupBy } from '../base/group.ts';
import type { Given } from '../engine/given.ts';
import type { Disarmed } from '../engine/recorder.ts';
import { type Change, SIDES, type Side, type Value } from '../model/change.ts';
import { inputError } from '../model/diagnostic.ts';
import { entryOf } from './chain.ts';
import { type ArmedEntry, type DisarmedEntry, outcomeId, type StartEntry } from './entry.ts';
import { endsOf, runsIn } from './folder.ts';
import { idOf, type Made, making } from './made.ts';
import { type RecordedRun, readRun } from './read.ts';
import { cleared } from './undo.ts';

/**
 * The newest run that has had something on trial, which a run that has written nothing has not.
 * @throws InputError where there is none
 */
export async function lastOnTrial(state: string): Promise<string> {
  for (const run of await runsIn(state)) if ((await onTrial(state, run)).length > 0) return run;
  throw inputError(`no run that is recorded in ${state} waits for a confirm`, ONLY);
}

const ONLY = 'only a run with --confirm-within does';

/** What is known of one watchdog of a run. */
export interface Waiting {
  readonly watchdog: string;
  readonly until: string;
  readonly hosts: readonly string[];
  /** What became of it, as far as anybody has asked. */
  readonly how: Disarmed | null;
}

/** The confirms of a run, oldest first. */
export async function confirmsOf(state: string, run: string): Promise<readonly RecordedRun[]> {
  const found: RecordedRun[] = [];
  for (const id of await runsIn(state)) {
    // None was begun before it.
    if (id <= run) break;
    const ends = await endsOf(state, id);
    if (ends !== null && isOf(ends.first, 'confirm', run)) found.push(await readRun(state, id));
  }
  return found.toReversed();
}

/** Whether a run is one of this kind that is about another one. */
function isOf(first: Buffer, kind: StartEntry['what'], run: string): boolean {
  if (!first.includes(run)) return false;
  try {
    const { what, of } = JSON.parse(first.toString('utf8')) as Partial<StartEntry>;
    return what === kind && of === run;
  } catch {
    return false;
  }
}

/** The watchdogs of a run, and what its confirms tell of them. That it was called off outweighs what came later. */
export function waitingOf(
  { armed, disarmed }: RecordedRun,
  confirms: readonly RecordedRun[],
): readonly Waiting[] {
  const told = [...disarmed, ...confirms.flatMap(toldBy)];
  return [...groupBy(armed, ({ watchdog }) => watchdog).values()].map((same) => {
    const said = told.filter(({ watchdog }) => watchdog === same[0].watchdog).map(({ how }) => how);
    return {
      watchdog: same[0].watchdog,
      until: same[0].until,
      hosts: [...new Set(same.flatMap(({ hosts }) => hosts))],
      how: said.includes('dropped') ? 'dropped' : (said.at(-1) ?? null),
    };
  });
}

/** Where a confirm found no watchdog and everything in force, an earlier one had called it off and was cut off then. */
function toldBy({ end, disarmed }: RecordedRun): readonly Pick<DisarmedEntry, 'watchdog' | 'how'>[] {
  if (end?.exitCode !== 0) return disarmed;
  return disarmed.map(({ watchdog, how }) => ({ watchdog, how: how === 'gone' ? 'dropped' : how }));
}

/**
 * What a run has on trial, in full: from what there was before to what is to be once it is confirmed; without what it
 * was to write and did not.
 */
export async function onTrial(state: string, run: string): Promise<readonly Made[]> {
  let all: readonly OnTrial[] = [];
  await readRun(state, run, (link) => {
    if (link.type === 'disarmed') all = without(all, entryOf<DisarmedEntry>(link));
    if (link.type !== 'armed') return;
    const { at, changes, watchdog } = entryOf<ArmedEntry>(link);
    all = [...all, ...changes.map((change) => ({ change, isKnown: true, at, line: link.line, watchdog }))];
  });
  return all;
}

interface OnTrial extends Made {
  readonly watchdog: string;
}

/** Of a subject that the run set before, in another play, only what it left is no part of it. */
function without(all: readonly OnTrial[], { watchdog, only }: DisarmedEntry): readonly OnTrial[] {
  const of = (one: OnTrial) => one.watchdog === watchdog;
  if (only === undefined) return all.filter((one) => !of(one));
  const last = new Map(all.flatMap((one, index) => (of(one) ? [[idOf(one.change), index] as const] : [])));
  const gone = new Set(only.map((one) => last.get(outcomeId(one))));
  return all.filter((_, index) => !gone.has(index));
}

/** What other runs have made of the subjects of a run on trial since. */
export interface Since {
  /** By subject the rollback of the run that has given it back. */
  readonly rolledBack: ReadonlyMap<string, string>;
  /** By subject what was written, or may have been. */
  readonly written: ReadonlyMap<string, readonly Change[]>;
}

const NOTHING: Since = { rolledBack: new Map(), written: new Map() };

/** @param all what the run has on trial */
export async function writtenSince(state: string, run: string, all: readonly Made[]): Promise<Since> {
  const since = new Map(all.map(({ change, at }) => [idOf(change), at]));
  const rolledBack = new Map<string, string>();
  const written = new Map<string, Change[]>();
  for (const id of await runsIn(state)) {
    if (id <= run) break;
    const ends = await endsOf(state, id);
    // What its own confirms have written is what is to be.
    if (ends === null || isOf(ends.first, 'confirm', run)) continue;
    const isRollback = isOf(ends.first, 'rollback', run);
    const { hear, made } = making({ is: (change) => since.has(idOf(change)), words: [''] });
    await readRun(state, id, hear);
    for (const { change, isKnown, at } of made()) {
      const subject = idOf(change);
      if (isRollback && change.status === 'changed') rolledBack.set(subject, id);
      // A run that began later may have written to a host before this one came to it.
      if ((isKnown && change.status !== 'changed') || at <= (since.get(subject) ?? '')) continue;
      written.set(subject, [...(written.get(subject) ?? []), change]);
    }
  }
  return { rolledBack, written };
}

/**
 * What a confirm gives the subjects of each host, and what they may have: what the run has set, or what was before.
 * What was rolled back since it leaves, and so what another run has set to what was before.
 */
export function confirmedOf(
  all: readonly Made[],
  file: string,
  name: string,
  { rolledBack, written }: Since = NOTHING,
): readonly { readonly host: string; readonly given: readonly Given[] }[] {
  // One rule for all: what is told of several hosts alike is told once.
  const rule: Given['rule'] = { name, file, line: all[0]?.line ?? 1, required: false };
  const bySubject = groupBy(all, ({ change }) => idOf(change));
  const given = [...bySubject].map(([id, same]) => {
    const by = rolledBack.get(id);
    const over = by === undefined ? {} : { over: `it was rolled back since, by the run ${by}` };
    const one = givenOf(
      same.map(({ change }) => change),
      written.get(id) ?? [],
      rule,
    );
    return { host: same[0].change.host, given: { ...one, ...over } };
  });
  return [...groupBy(given, ({ host }) => host)].map(([host, list]) => ({
    host,
    given: list.map((one) => one.given),
  }));
}

function givenOf(same: readonly Change[], written: readonly Change[], rule: Given['rule']): Given {
  const desired: Record<Side, Record<string, Value>> = { live: {}, config: {} };
  const may: Record<Side, Record<string, Value[]>> = { live: {}, config: {} };
  for (const change of same)
    for (const side of SIDES)
      for (const setting of change.settings) {
        const wanted = setting.desired[side];
        if (wanted === undefined) continue;
        desired[side][setting.name] = wanted;
        // A VM that was started meanwhile has what its configuration gave it.
        const own = setting[side];
        const had = own === undefined ? (setting[side === 'live' ? 'config' : 'live'] ?? null) : own;
        const isSet = written.some((one) => setsOther(one, setting.name, side, wanted));
        may[side][setting.name] = [
          ...new Set([
            ...(may[side][setting.name] ?? []),
            ...(isSet ? [] : [had]),
            wanted,
            ...(isSet ? [] : cleared(change, setting.name, side)),
          ]),
        ];
      }
  const { module, domain, subject } = same[0] as Change;
  return { module, domain, subject, desired, expected: may, rule };
}

/** Whether a change is to something else than what is on trial. */
function setsOther({ settings }: Change, name: string, side: Side, wanted: Value): boolean {
  const desired = settings.find((one) => one.name === name)?.desired[side];
  return desired !== undefined && desired !== wanted;
}
