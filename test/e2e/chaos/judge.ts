import { expect } from 'vitest';
import { verifyRecord } from '../../../src/record/verify.ts';
import type { Called } from './execute.ts';
import { beforeOf, desiredOf, type ToldChange, type ToldRun } from './history.ts';
import { type Scenario, SIDES } from './scenario.ts';
import type { Nic, World, Write } from './world.ts';

/** What must hold after any seed, by what hosts have and have logged, and by what virtune's own commands then say. */

export interface Trial {
  readonly scenario: Scenario;
  readonly calls: readonly Called[];
  /** By folder, all that is recorded there. */
  readonly records: ReadonlyMap<string, readonly ToldRun[]>;
  readonly first: readonly Nic[];
  readonly now: readonly Nic[];
  readonly writes: readonly Write[];
}

/** Why nothing was begun: no other reason is to be met here. */
const REFUSED =
  /was applied already|less than 1 MiB is free|ENOSPC|no run is recorded|goes on|has changed nothing|has changed anything|waits for no confirm|waits for a confirm|was confirmed already|is being confirmed/;

const EXITS = [0, 1, 2, 3, 4, 5, 6, 7];

export function judge(trial: Trial): void {
  const runs = [...trial.records.values()].flat();
  for (const call of trial.calls) judgeCall(call, trial);
  const byHand = new Set(handsOf(trial.scenario));
  for (const write of trial.writes.filter(({ limit }) => limit === null || !byHand.has(limit)))
    expect(
      runs.some((one) => one.changes.some((change) => explains(change, one, write))),
      `no record has ${JSON.stringify(write)}`,
    ).toBe(true);
  for (const one of runs) for (const change of one.changes) judgeChange(change, one, runs, trial.writes);
  judgeValues(trial, runs);
  judgePlans(trial);
}

/** What others set, which no run declares. */
const handsOf = ({ events }: Scenario): readonly number[] =>
  events.flatMap(({ event }) => (event.kind === 'hand' ? [event.rate] : []));

const isOf = (change: ToldChange, { host, uuid, mac }: Pick<Write, 'host' | 'uuid' | 'mac'>): boolean =>
  change.host === host && change.resource.domain.uuid === uuid && change.resource.subject.mac === mac;

/**
 * Whether a recorded change may have made a write: what it was to set, what it repaired when that had failed, or what its
 * host gave back since nobody had confirmed it.
 */
function explains(change: ToldChange, run: ToldRun, write: Write): boolean {
  if (!isOf(change, write)) return false;
  if (desiredOf(change, write.side) === write.limit) return true;
  const clean = change.known && change.resource.status === 'changed' && !mayGiveBack(run, change.host);
  return !clean && [null, beforeOf(change, write.side)].includes(write.limit);
}

/**
 * Whether that must have happened: of a confirm that was cut off nobody knows how far it came. Where it has told nothing
 * of the host's watchdog, that hides in a status of something else that it met (6 goes before 3 and 4). Where it wrote
 * configurations there, the watchdog was gone since the same call over the line before had called it off.
 */
function mustGiveBack(run: ToldRun, host: string, runs: readonly ToldRun[]): boolean {
  const isTold = run.confirm?.every(({ hosts, how }) => !hosts.includes(host) || how !== null) ?? true;
  const clear = isTold ? [0, 6] : [0];
  const unclear = runs.some(
    ({ start, end, changes }) =>
      start?.what === 'confirm' &&
      start.of === run.run &&
      (!clear.includes(end?.exitCode ?? -1) || changes.some((change) => change.host === host)),
  );
  return mayGiveBack(run, host) && !unclear;
}

/** Whether a host was told to give back what a run has set, and nobody has called that off. */
function mayGiveBack({ confirm = [] }: ToldRun, host: string): boolean {
  return confirm.some(({ hosts, how }) => hosts.includes(host) && how !== 'dropped');
}

function judgeCall({ reason, state, kind, killed, ran }: Called, { records }: Trial): void {
  const what = `${kind} ${reason}\n${ran.stdout}${ran.stderr}`;
  // libvirt has internal errors of its own.
  expect(ran.stdout + ran.stderr, what).not.toMatch(/^\s+at .*:\d+:\d+|please report it|unhandled/im);
  if (killed) return;
  expect(EXITS, what).toContain(ran.code);
  const told = records.get(state)?.find(({ start }) => start?.reason === reason && reason !== '');
  if (told === undefined) {
    // Refused before any host was contacted, or there was nothing to record.
    if (kind === 'watch') expect(ran.code, what).toBe(0);
    else if (kind === 'plan') expect([0, 2, 3, 4, 5], what).toContain(ran.code);
    else expect([ran.code, ran.stderr], what).toEqual([1, expect.stringMatching(REFUSED)]);
    return;
  }
  // Where the disk is full, the end finds no room, and the run says so.
  if (told.end === null)
    expect([ran.code, ran.stderr], what).toEqual([
      expect.any(Number),
      expect.stringMatching(/ENOSPC|no space/i),
    ]);
  else expect(told.end.exitCode, what).toBe(ran.code);
}

/** What is told of a change is what its host has seen. */
function judgeChange(
  change: ToldChange,
  own: ToldRun,
  runs: readonly ToldRun[],
  writes: readonly Write[],
): void {
  const { run, start } = own;
  const { status, notes = [] } = change.resource;
  const made = writes.filter((write) => isOf(change, write) && write.limit === desiredOf(change, write.side));
  const told = `run ${run} (${start?.command}): ${JSON.stringify(change)}`;
  if (!change.known) return;
  const due = SIDES.some((side) => desiredOf(change, side) !== undefined);
  if (status === 'changed' && due) expect(made.length, `nothing was written by ${told}`).toBeGreaterThan(0);
  if (!['locked', 'skipped', 'refused', 'waived'].includes(status)) return;
  const others = runs.filter(
    (other) =>
      other.run !== run && other.changes.some((one) => made.some((write) => explains(one, other, write))),
  );
  if (others.length === 0 && notes.length === 0) expect(made, `written all the same: ${told}`).toEqual([]);
}

/**
 * Nothing has a value that nobody declared, recorded or set by hand; nor one that was on trial, and that nobody has
 * confirmed.
 */
function judgeValues({ scenario, first, now }: Trial, runs: readonly ToldRun[]): void {
  const byHand = handsOf(scenario);
  const names = new Map(first.map(({ uuid, vm }) => [uuid, vm]));
  const takenAlong = new Set(
    scenario.events.flatMap(({ event }) =>
      TAKES_ALONG.includes(event.kind) && 'vm' in event ? event.vm : [],
    ),
  );
  const kept = runs.flatMap((run) =>
    run.changes.flatMap((change) => {
      const stays = takenAlong.has(names.get(change.resource.domain.uuid) ?? '');
      return mustGiveBack(run, change.host, runs) && !stays
        ? []
        : [{ change, onTrial: run.confirm !== undefined }];
    }),
  );
  for (const { host, uuid, mac, limits } of now)
    for (const side of SIDES) {
      const may = [
        null,
        ...byHand,
        ...first.filter((nic) => nic.uuid === uuid && nic.mac === mac).map((nic) => nic.limits[side]),
        // A VM takes what it has along to another host, and into the other state when it starts.
        ...kept
          .filter(({ change: { resource } }) => resource.domain.uuid === uuid && resource.subject.mac === mac)
          // What is on trial is in no configuration.
          .flatMap(({ change, onTrial }) =>
            onTrial && side === 'config' ? [] : SIDES.map((one) => desiredOf(change, one)),
          ),
      ];
      expect(may, `${host} ${uuid} ${mac} ${side}`).toContain(limits[side] ?? null);
    }
}

/** A VM that leaves its host, or is put to sleep, takes what it has along, and nothing there can give it back. */
const TAKES_ALONG: readonly string[] = ['migrate', 'save'];

/** A plan is applied once. */
function judgePlans({ calls, records }: Trial): void {
  const plans = new Set(calls.flatMap(({ plan }) => plan ?? []));
  for (const plan of plans) {
    const runs = [...records.values()]
      .flat()
      .filter(
        ({ start, changes }) => start?.what === 'apply' && start.command.includes(plan) && changes.length > 0,
      );
    expect(runs.map(({ run }) => run).slice(1), `${plan} was applied again`).toEqual([]);
  }
}

/** The record is whole, but for what a run left behind that was killed, or whose disk was full. */
export async function judgeRecords(
  states: readonly string[],
  calls: readonly Called[],
  hosts: number,
): Promise<void> {
  for (const state of states) {
    const { problems } = await verifyRecord(state);
    const told = JSON.stringify(problems);
    const torn = problems.filter(
      ({ severity, message }) => severity === 'note' && /was cut off/.test(message),
    ).length;
    expect(
      problems.filter(({ severity }) => severity !== 'note'),
      told,
    ).toEqual([]);
    // A watch has a record of each look, and looks at many hosts at once.
    const mayBe = calls
      .filter((call) => call.state === state && (call.killed || call.ran.code !== 0))
      .reduce((sum, { kind }) => sum + (kind === 'watch' ? hosts : 1), 0);
    expect(torn, told).toBeLessThanOrEqual(mayBe);
  }
}

/** All NICs have it, in both states. */
export async function judgeSettled(world: World, limit: number): Promise<void> {
  for (const { host, uuid, mac, limits } of await world.look())
    expect([host, uuid, mac, limits]).toEqual([host, uuid, mac, { live: limit, config: limit }]);
}
