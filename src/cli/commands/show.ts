import type { Command } from 'commander';
import { execute } from '../execute.ts';
import {
  addInventoryOptions,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { openReports } from '../reports.ts';
import { KINDS, madePlay, readingTasks } from './made_play.ts';

interface ShowOptions extends InventoryOptions, RunningOptions {
  readonly kind?: readonly string[];
}

export function addShow(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('show')
    .description('what limits VMs have now, in the running VM and in its persistent configuration')
    .argument('[pattern]', 'hosts', 'all')
    .option('--kind <kind...>', `only limits of these kinds: ${KINDS.join(', ')}`);
  addRunningOptions(addInventoryOptions(command)).action(async (pattern: string, options: ShowOptions) => {
    exit(await show(pattern, options));
  });
}

async function show(pattern: string, options: ShowOptions): Promise<number> {
  const play = madePlay('show', pattern, readingTasks(options.kind));
  const reports = await openReports(options.report);
  const prepared = await openProject({ made: [play] }, options);
  const result = await execute({
    prepared,
    view: 'table',
    check: true,
    diff: false,
    verbose: false,
    listAll: true,
    rewrite: false,
    forks: options.forks,
    reports,
    playbooks: [],
  });
  return result.exitCode;
}
