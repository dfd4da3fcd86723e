import { join } from 'node:path';
import type { Command } from 'commander';
import { InputError, inputError } from '../../model/diagnostic.ts';
import type { RunResult } from '../../model/result.ts';
import { plannedOf } from '../../plan/given.ts';
import type { PlanHead } from '../../plan/head.ts';
import { execute } from '../execute.ts';
import { mustHave, withGiven } from '../given_play.ts';
import { addHelp, WRITE_EXITS } from '../help.ts';
import { addLockOption, type LockOptions } from '../lock_option.ts';
import {
  addConnectionOptions,
  addForksOption,
  addInventoryOptions,
  addReportOption,
  type ForksOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { addPolicyOptions, type PolicyOptions } from '../policy.ts';
import { openProject } from '../project.ts';
import { readPlan } from '../read_plan.ts';
import { keepFromWriting } from '../read_report.ts';
import { addRecordOptions, type ReasonOptions, stateOf } from '../record.ts';
import { openReports } from '../reports.ts';
import { spend } from '../spent_plans.ts';
import { madePlay, readingTasks } from './made_play.ts';

interface ApplyOptions
  extends InventoryOptions,
    RunningOptions,
    ReasonOptions,
    ForksOptions,
    LockOptions,
    PolicyOptions {
  readonly check?: boolean;
  readonly strict?: boolean;
}

export function addApply(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('apply')
    .summary('make the changes of a saved plan, and no others')
    .description(
      'Makes the changes that virtune plan has saved, each only where its VM still has what the plan saw. What has changed since is named with what it has now, and left. A plan is applied once, and not after its time.',
    )
    .argument('<file>', 'a plan that virtune plan -o FILE has saved')
    .option('-C, --check', 'read only: which of its changes could be made now')
    .option('--strict', 'all or nothing: nothing is written where anything is not as the plan saw it')
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('-v, --verbose', 'host by host, with what is in sync too');
  const writing = addLockOption(addRecordOptions(addReportOption(addForksOption(command))));
  addConnectionOptions(addInventoryOptions(addPolicyOptions(writing))).action(
    async (file: string, options: ApplyOptions) => {
      exit(await apply(file, options));
    },
  );
  addHelp(command, {
    examples: [
      ['which of its changes could be made now', 'virtune apply limits.plan --check --diff'],
      ['all of them, or none', "virtune apply limits.plan --strict --reason 'CHG-1234'"],
    ],
    exits: { ...WRITE_EXITS, 6: 'something was changed since the plan was made, and left as it is' },
    page: 'plan.md',
  });
}

async function apply(file: string, options: ApplyOptions): Promise<number> {
  const { check = false, strict = false } = options;
  keepFromWriting([file], options.report);
  const { head, result: planned } = await readPlan(file);
  checkTime(head, file);
  const all = plannedOf(planned, Date.now());
  if (all.length === 0) throw inputError(`${file} has no changes to make`, 'there is nothing to do');
  const reports = await openReports(options.report);
  const play = madePlay(`plan of ${head.createdAt}`, all.map(({ host }) => host).join(','), readingTasks());
  const inventory = options.inventory ?? head.inventory;
  // The policies beside its playbooks hold for the plan, wherever it is applied.
  const beside = [...head.playbooks, join(head.folder, 'playbook')];
  const prepared = await openProject({ made: [play], beside }, { ...options, strict: false, inventory });
  mustHave(
    all,
    prepared.hosts,
    'the plan is for',
    'name the inventory that has them with -i, or make the plan anew',
  );
  const undo = check ? undefined : await spend(stateOf(options), head, file);
  try {
    const result: RunResult = await execute({
      prepared: { ...prepared, plays: prepared.plays.map((one) => withGiven(one, all)) },
      view: 'changes',
      check,
      diff: options.diff ?? false,
      verbose: options.verbose ?? false,
      listAll: false,
      rewrite: head.rewrite,
      lockWait: options.lockWait,
      forks: options.forks,
      policy: options,
      gates: { savedPlan: { strict } },
      reports,
      recording: { what: 'apply', of: head.id, stateDir: options.stateDir, reason: options.reason },
    });
    return result.exitCode;
  } catch (error) {
    // No host was contacted.
    if (error instanceof InputError) await undo?.();
    throw error;
  }
}

/** Clocks of two machines may differ by so much. */
const CLOCKS_MS = 300_000;

/** @throws InputError where its time is over, or has not come */
function checkTime({ createdAt, expiresAt }: PlanHead, file: string): void {
  const now = Date.now();
  if (now > Date.parse(expiresAt))
    throw inputError(`${file} could be applied until ${expiresAt}`, 'make it anew: virtune plan … -o FILE');
  if (now + CLOCKS_MS < Date.parse(createdAt))
    throw inputError(
      `${file} was made at ${createdAt}, which is to come`,
      'check the clocks of both machines',
    );
}
