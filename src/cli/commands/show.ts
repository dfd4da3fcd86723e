import type { Command } from 'commander';
import type { NicLimitsArgs } from '../../modules/nic_limits/rule.ts';
import { editArgs } from '../../project/compile.ts';
import { execute } from '../execute.ts';
import {
  addInventoryOptions,
  addRunningOptions,
  type InventoryOptions,
  type RunningOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { openReports } from '../reports.ts';
import { madePlay } from './made_play.ts';

export function addShow(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('show')
    .description('what every NIC has now, in the running VM and in its persistent configuration')
    .argument('[pattern]', 'hosts', 'all');
  addRunningOptions(addInventoryOptions(command)).action(
    async (pattern: string, options: InventoryOptions & RunningOptions) => {
      const reports = await openReports(options.report);
      const prepared = await openProject({ made: [madePlay('show', pattern, [])] }, options);
      const plays = editArgs<NicLimitsArgs>(prepared.plays, (args) => ({ ...args, listAll: true }));
      const result = await execute({
        prepared: { ...prepared, plays },
        view: 'table',
        check: true,
        diff: false,
        verbose: false,
        forks: options.forks,
        reports,
        playbooks: [],
      });
      exit(result.exitCode);
    },
  );
}
