import type { Command } from 'commander';
import { plural, printable } from '../../base/text.ts';
import { editArgs } from '../../engine/compile.ts';
import type { PlayJob } from '../../engine/job.ts';
import type { NicLimitsArgs } from '../../modules/nic_limits/rule.ts';
import { printDiagnostics } from '../diagnostics.ts';
import { execute } from '../execute.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { inventorySources, loadPlaybooks, prepare } from '../prepare.ts';
import { openReports } from '../reports.ts';

interface RunOptions extends InventoryOptions, RunningOptions {
  readonly check?: boolean;
  readonly listHosts?: boolean;
  readonly allNics?: boolean;
}

export function addRun(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('run')
    .description('read, diff, apply where needed, verify, report')
    .argument('<playbook...>', 'playbooks, run in this order');
  addRunningOptions(addLimitOption(addInventoryOptions(command)))
    .option('-C, --check', 'dry run: read only, exit 2 when changes are pending')
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('--all-nics', 'list NICs that no rule names in the report too')
    .option('--list-hosts', 'list the hosts of each play and stop')
    .action(async (playbooks: readonly string[], options: RunOptions) => {
      exit(await run(playbooks, options));
    });
}

async function run(playbooks: readonly string[], options: RunOptions): Promise<number> {
  const reports = await openReports(options.report ?? []);
  const prepared = await prepare(await loadPlaybooks(playbooks), await inventorySources(options), options);
  await printDiagnostics(prepared.warnings);
  if (options.listHosts) {
    process.stdout.write(hostList(prepared.plays));
    return 0;
  }
  const plays = options.allNics
    ? editArgs<NicLimitsArgs>(prepared.plays, (args) => ({ ...args, listAll: true }))
    : prepared.plays;
  const result = await execute({
    plays,
    view: 'changes',
    check: options.check ?? false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    forks: options.forks,
    reports,
    playbooks,
    inventory: prepared.inventory,
    warnings: prepared.warnings,
  });
  return result.exitCode;
}

/** As `ansible-playbook --list-hosts` shows them. */
function hostList(plays: readonly PlayJob[]): string {
  return plays
    .map(({ play, batches }) => {
      const names = batches.flat().map((job) => `    ${printable(job.name)}\n`);
      return `play "${printable(play.name)}" (${printable(play.hosts)}): ${plural(names.length, 'host')}\n${names.join('')}`;
    })
    .join('\n');
}
