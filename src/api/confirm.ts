import { resolve } from 'node:path';
import type { HostJob, PlayJob, Watchdog } from '../engine/job.ts';
import { type InputError, inputError } from '../model/diagnostic.ts';
import type { RunResult } from '../model/result.ts';
import type { PlaySource } from '../project/project.ts';
import type { RunHistory } from '../record/history.ts';
import { checkRecord } from '../record/recorder.ts';
import {
  confirmedOf,
  confirmsOf,
  lastOnTrial,
  onTrial,
  type Waiting,
  waitingOf,
  writtenSince,
} from '../record/trial.ts';
import { type HostGiven, mustHave, withGiven } from './given_play.ts';
import { madePlay, readingTasks } from './made_play.ts';
import { type OpenedProject, openProject } from './open.ts';
import { inventoryOf, wholeRun } from './recorded_run.ts';
import { recordIn, run as runProject } from './run.ts';
import type { ConfirmOptions } from './types.ts';

/** What a run waits for. */
export interface OnTrial {
  /** The run's own id. */
  readonly run: string;
  /** That it was made with. */
  readonly inventory: readonly string[];
  /** A play of the hosts that wait. */
  readonly source: PlaySource;
  readonly given: readonly HostGiven[];
  readonly waiting: readonly Waiting[];
}

/**
 * @param word the beginning of a run, or `last`
 * @throws InputError where it waits for nothing, or its record cannot be believed
 */
export async function readOnTrial(state: string, word: string): Promise<OnTrial> {
  const run = await wholeRun(state, word === 'last' ? await lastOnTrial(state) : word);
  const waiting = await waitingFor(state, run);
  const name = `confirm of ${run.run}`;
  const all = await onTrial(state, run.run);
  const given = confirmedOf(all, run.file, name, await writtenSince(state, run.run, all));
  if (given.length === 0) throw waitsForNone(run);
  const hosts = given.map(({ host }) => host);
  const source = {
    made: [madePlay(name, hosts.join(','), readingTasks())],
    without: `on the hosts that --limit names nothing waits for the confirm of ${run.run}`,
  };
  return { run: run.run, inventory: inventoryOf(run), source, given, waiting };
}

/**
 * The project of a confirm: it calls off what waits on each host, and gives its subjects what the run declared.
 * @param whole no host was left out on purpose
 * @throws InputError where the inventory lacks hosts that wait
 */
export function confirming(
  project: OpenedProject,
  { given, waiting }: OnTrial,
  whole: boolean,
): OpenedProject {
  if (whole)
    mustHave(
      given,
      project.hosts,
      'wait for the confirm',
      'name the inventory that has them with -i, or leave them out with --limit',
    );
  return { ...project, plays: project.plays.map((one) => withWatchdogs(withGiven(one, given), waiting)) };
}

/** `confirm` of index.ts, which says what it does. */
export async function confirm(word: string, options: ConfirmOptions): Promise<RunResult> {
  const state = resolve(options.stateDir);
  const found = await readOnTrial(state, word);
  const { stateDir: _, inventory = found.inventory, ...how } = options;
  // Policies have judged all of it before the run wrote a part.
  const opened = await openProject({ ...how, inventory, source: found.source, unguarded: true });
  await checkRecord(state);
  const record = recordIn({ stateDir: state }, { what: 'confirm', of: found.run });
  return runProject(confirming(opened, found, options.limit === undefined), { ...how, record });
}

/** @throws InputError where the run waits for nothing */
async function waitingFor(state: string, run: RunHistory): Promise<readonly Waiting[]> {
  const confirms = await confirmsOf(state, run.run);
  const goesOn = confirms.find((one) => one.state === 'running');
  if (goesOn !== undefined)
    throw inputError(`the run ${run.run} is being confirmed by ${goesOn.run}`, 'wait for its end');
  const waiting = waitingOf(run, confirms).filter(({ how }) => how !== 'idle');
  if (waiting.length === 0) throw waitsForNone(run);
  const last = confirms.findLast(({ end }) => end?.exitCode === 0);
  if (last !== undefined && waiting.every(({ how }) => how === 'dropped'))
    throw inputError(`the run ${run.run} was confirmed already, by ${last.run}`, 'nothing is left to do');
  return waiting;
}

function waitsForNone({ run, armed }: RunHistory): InputError {
  return inputError(
    `the run ${run} waits for no confirm`,
    armed.length === 0 ? 'only a run with --confirm-within does' : 'it has written nothing',
  );
}

/** Each host with the watchdogs that wait on it. */
function withWatchdogs(play: PlayJob, waiting: readonly Waiting[]): PlayJob {
  const watchdogsOf = (host: string): readonly Watchdog[] =>
    waiting.flatMap(({ watchdog, hosts, how }) =>
      hosts.includes(host) ? [{ name: watchdog, wasDropped: how === 'dropped' }] : [],
    );
  const job = (host: HostJob): HostJob => ({ ...host, watchdogs: watchdogsOf(host.name) });
  return { ...play, batches: play.batches.map((batch) => batch.map(job)) };
}
