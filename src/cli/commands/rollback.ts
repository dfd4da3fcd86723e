import type { Command } from 'commander';
import { madePlay, readingTasks } from '../../api/made_play.ts';
import { besideOf, inventoryOf, wholeRun } from '../../api/recorded_run.ts';
import { printable } from '../../base/text.ts';
import { inputError } from '../../model/diagnostic.ts';
import type { RunHistory } from '../../record/history.ts';
import { lastChanging } from '../../record/last_changing.ts';
import { onTrial } from '../../record/trial.ts';
import { undoOf } from '../../record/undo.ts';
import { wrapText } from '../../report/wrap.ts';
import { checkConfirm } from '../confirm_option.ts';
import { addHelp, WRITE_EXITS } from '../help.ts';
import { openProject } from '../project.ts';
import { stateOf } from '../record.ts';
import { openReports } from '../reports.ts';
import { addGivenOptions, checkHosts, type GivenOptions, give } from './given.ts';

export function addRollback(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('rollback')
    .summary('give back the limits from before a run')
    .description(
      'Gives what a run has changed the limits that it had before, the same way as a playbook sets them. What somebody has changed since is left as it is, and told. It is recorded as a run is, and can be rolled back.',
    )
    .argument(
      '<run>',
      'the beginning of a run, as virtune history lists it; or last, the newest that has changed something',
    )
    .option('-C, --check', 'dry run: read only, exit 2 when changes are pending');
  addGivenOptions(command).action(async (run: string, options: GivenOptions) => {
    exit(await rollback(run, options));
  });
  addHelp(command, {
    examples: [
      ['what giving back would change', 'virtune rollback last --check --diff'],
      ['some hosts, and why', "virtune rollback 43733941 --limit 'hv0*' --reason 'CHG-1234 failed'"],
    ],
    exits: { ...WRITE_EXITS, 6: 'something was changed since, and left as it is' },
    page: 'history.md',
  });
}

const LAST = 'last';

/** Which run that is: the newest of a history may have changed nothing. */
function lastText({ run, start }: RunHistory): string {
  return `last is the run ${run}: ${start?.command ?? ''}`;
}

async function rollback(word: string, options: GivenOptions): Promise<number> {
  checkConfirm(options, options.check);
  const reports = await openReports(options.report);
  const state = stateOf(options);
  const run = await wholeRun(state, word === LAST ? await lastChanging(state) : word);
  if (word === LAST)
    process.stderr.write(`${wrapText(printable(lastText(run)), 0, process.stderr.columns).join('\n')}\n`);
  const name = `before ${run.run}`;
  // What was on trial is told as it was to be once confirmed: of configurations, too.
  const made = run.armed.length === 0 ? run.made : await onTrial(state, run.run);
  const undo = undoOf(made, run.file, name);
  if (undo.length === 0) throw inputError(`the run ${run.run} has changed nothing`);
  const pattern = undo.map(({ host }) => host).join(',');
  const play = madePlay(`rollback of ${run.run}`, pattern, readingTasks());
  const inventory = options.inventory ?? inventoryOf(run);
  const without = `the run ${run.run} has changed nothing on the hosts that --limit names`;
  const source = { made: [play], beside: besideOf(run), without };
  const prepared = await openProject(source, { ...options, inventory });
  checkHosts(
    undo,
    prepared,
    options,
    'the run has changed',
    'name an inventory that has them with -i, or leave them out with --limit',
  );
  const recording = { what: 'rollback', of: run.run } as const;
  const result = await give({ prepared, given: undo, rewrite: false, recording, reports }, options);
  return result.exitCode;
}
