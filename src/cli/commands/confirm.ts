import type { Command } from 'commander';
import type { HostJob, PlayJob, Watchdog } from '../../engine/job.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { RunHistory } from '../../record/history.ts';
import {
  confirmedOf,
  confirmsOf,
  lastOnTrial,
  onTrial,
  type Waiting,
  waitingOf,
} from '../../record/trial.ts';
import { execute } from '../execute.ts';
import { mustHave, withGiven } from '../given_play.ts';
import { addHelp, HOST_EXITS } from '../help.ts';
import { addLockOption, type LockOptions } from '../lock_option.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addLimitOption,
  addReportOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { addRecordOptions, type ReasonOptions, stateOf } from '../record.ts';
import { inventoryOf, wholeRun } from '../recorded_run.ts';
import { openReports } from '../reports.ts';
import { madePlay, readingTasks } from './made_play.ts';

type ConfirmOptions = InventoryOptions & RunningOptions & ReasonOptions & ForksOptions & LockOptions;

export function addConfirm(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('confirm')
    .summary('keep what a run with --confirm-within has set')
    .description(
      'Keeps what a run with --confirm-within has set: its hosts give nothing back any more, and the limits are written into configurations, read back and reported. Where it comes too late, nothing is written, and what was given back is named.',
    )
    .argument(
      '<run>',
      'the beginning of a run, as virtune history lists it; or last, the newest that has waited',
    )
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync too');
  addConnectionOptions(
    addInventoryOptions(
      addRecordOptions(addReportOption(addLockOption(addForksOption(addLimitOption(command))))),
    ),
  ).action(async (run: string, options: ConfirmOptions) => {
    exit(await confirm(run, options));
  });
  addHelp(command, {
    examples: [
      ['keep what the newest run with --confirm-within has set', 'virtune confirm last'],
      ['of some hosts alone', "virtune confirm 43733941 --limit 'hv0*'"],
    ],
    exits: {
      ...HOST_EXITS,
      0: 'all is kept, as it was declared',
      1: 'wrong input or usage, or a run that waits for no confirm',
      6: 'too late for some, or changed since: named, and left as it is',
      7: 'somebody else was writing on a host all the time',
    },
    page: 'confirm.md',
  });
}

async function confirm(word: string, options: ConfirmOptions): Promise<number> {
  const reports = await openReports(options.report);
  const state = stateOf(options);
  const run = await wholeRun(state, word === 'last' ? await lastOnTrial(state) : word);
  const waiting = await waitingFor(state, run);
  const given = confirmedOf(await onTrial(state, run.run), run.file, `confirm of ${run.run}`);
  const hosts = given.map(({ host }) => host);
  const play = madePlay(`confirm of ${run.run}`, hosts.join(','), readingTasks());
  const inventory = options.inventory ?? inventoryOf(run);
  // Policies have judged all of it before the run wrote a part.
  const prepared = await openProject({ made: [play] }, { ...options, inventory, unguarded: true });
  if (options.limit === undefined)
    mustHave(
      given,
      prepared.hosts,
      'wait for the confirm',
      'name the inventory that has them with -i, or leave them out with --limit',
    );
  const result = await execute({
    prepared: {
      ...prepared,
      plays: prepared.plays.map((one) => withWatchdogs(withGiven(one, given), waiting)),
    },
    view: 'changes',
    check: false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: false,
    rewrite: false,
    lockWait: options.lockWait,
    forks: options.forks,
    reports,
    recording: { what: 'confirm', of: run.run, stateDir: options.stateDir, reason: options.reason },
  });
  return result.exitCode;
}

/** @throws InputError where the run waits for nothing */
async function waitingFor(state: string, run: RunHistory): Promise<readonly Waiting[]> {
  const confirms = await confirmsOf(state, run.run);
  const goesOn = confirms.find((one) => one.state === 'running');
  if (goesOn !== undefined)
    throw inputError(`the run ${run.run} is being confirmed by ${goesOn.run}`, 'wait for its end');
  const waiting = waitingOf(run, confirms).filter(({ how }) => how !== 'idle');
  if (waiting.length === 0)
    throw inputError(
      `the run ${run.run} waits for no confirm`,
      run.armed.length === 0 ? 'only a run with --confirm-within does' : 'it has written nothing',
    );
  const last = confirms.findLast(({ end }) => end?.exitCode === 0);
  if (last !== undefined && waiting.every(({ how }) => how === 'dropped'))
    throw inputError(`the run ${run.run} was confirmed already, by ${last.run}`, 'nothing is left to do');
  return waiting;
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
