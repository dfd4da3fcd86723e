import type { Command } from 'commander';
import { confirming, readOnTrial } from '../../api/confirm.ts';
import { execute } from '../execute.ts';
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
import { openReports } from '../reports.ts';
import { checkHosts } from './given.ts';

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
  const found = await readOnTrial(stateOf(options), word);
  const inventory = options.inventory ?? found.inventory;
  // Policies have judged all of it before the run wrote a part.
  const prepared = await openProject(found.source, { ...options, inventory, unguarded: true });
  checkHosts(
    found.given,
    prepared,
    options,
    'wait for the confirm',
    'name the inventory that has them with -i, or leave them out with --limit',
  );
  const result = await execute({
    prepared: confirming(prepared, found, options.limit === undefined),
    view: 'changes',
    check: false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: false,
    rewrite: false,
    lockWait: options.lockWait,
    forks: options.forks,
    reports,
    recording: { what: 'confirm', of: found.run, stateDir: options.stateDir, reason: options.reason },
  });
  return result.exitCode;
}
