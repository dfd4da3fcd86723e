import type { Command } from 'commander';
import { listPlays, playbookLine } from '../../report/listing.ts';
import { execute } from '../execute.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addRewriteOption,
  addRunningOptions,
  addStrictOption,
  addTagOptions,
  type InventoryOptions,
  type RunningOptions,
  type StrictOptions,
  type TagOptions,
} from '../options.ts';
import { checkSyntax, openProject } from '../project.ts';
import { openReports } from '../reports.ts';

interface RunOptions extends InventoryOptions, RunningOptions, TagOptions, StrictOptions {
  readonly check?: boolean;
  readonly listHosts?: boolean;
  readonly listTasks?: boolean;
  readonly listTags?: boolean;
  readonly syntaxCheck?: boolean;
  readonly all?: boolean;
  readonly rewrite?: boolean;
  readonly missingOk?: boolean;
}

export function addRun(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('run')
    .description('read, diff, apply where needed, verify, report')
    .argument('<playbook...>', 'playbooks, run in this order');
  addStrictOption(
    addRewriteOption(addRunningOptions(addTagOptions(addLimitOption(addInventoryOptions(command))))),
  )
    .option('-C, --check', 'dry run: read only, exit 2 when changes are pending')
    .option('-D, --diff', 'show the differences in full, with the commands')
    .option('--all', 'list what no rule names in the report too')
    .option('--missing-ok', 'a VM named without wildcards that no host has is a warning, not an error')
    .option('--list-hosts', 'list the hosts of each play and stop')
    .option('--list-tasks', 'list the tasks of each play and stop')
    .option('--list-tags', 'list the tags of each play and stop')
    .option('--syntax-check', 'check the playbooks alone and stop; validate checks all')
    .action(async (playbooks: readonly string[], options: RunOptions) => {
      exit(await run(playbooks, options));
    });
}

async function run(playbooks: readonly string[], options: RunOptions): Promise<number> {
  if (options.syntaxCheck) return syntaxCheck(playbooks, options);
  const reports = await openReports(options.report);
  const prepared = await openProject({ playbooks }, options);
  const { listHosts: hosts = false, listTasks: tasks = false, listTags: tags = false } = options;
  if (hosts || tasks || tags) {
    const listed = prepared.plays.map(({ play, batches }) => ({
      play,
      hosts: batches.flat().map((job) => job.name),
    }));
    process.stdout.write(listPlays(listed, { hosts, tasks, tags }));
    return 0;
  }
  const result = await execute({
    prepared,
    view: 'changes',
    check: options.check ?? false,
    diff: options.diff ?? false,
    verbose: options.verbose ?? false,
    listAll: options.all ?? false,
    rewrite: options.rewrite ?? false,
    forks: options.forks,
    reports,
    playbooks,
    strictness: { missingOk: options.missingOk, strict: options.strict },
  });
  return result.exitCode;
}

async function syntaxCheck(playbooks: readonly string[], options: RunOptions): Promise<number> {
  await checkSyntax(playbooks, options);
  process.stdout.write(playbooks.map(playbookLine).join(''));
  return 0;
}
