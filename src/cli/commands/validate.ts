import type { Command } from 'commander';
import { plural } from '../../base/text.ts';
import {
  addInventoryOptions,
  addLimitOption,
  addStrictOption,
  type InventoryOptions,
  type StrictOptions,
} from '../options.ts';
import { openProject } from '../project.ts';
import { madePlay, variableTasks } from './made_play.ts';

export function addValidate(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('validate')
    .description('inventory and playbooks, without connecting: all errors at once, exit 1 if there are any')
    .argument('[playbook...]', 'playbooks; without any, the inventory alone');
  addStrictOption(addLimitOption(addInventoryOptions(command))).action(
    async (playbooks: readonly string[], options: InventoryOptions & StrictOptions) => {
      // Rules that hosts have in the usual variable are looked at without a playbook, too.
      const everyHost = madePlay('inventory', 'all', variableTasks());
      const source = playbooks.length > 0 ? { playbooks } : { made: [everyHost] };
      const prepared = await openProject(source, { ...options, forks: 1 });
      const hosts = new Set(prepared.plays.flatMap((play) => play.batches.flat().map((job) => job.name)));
      const files =
        playbooks.length > 0
          ? `${plural(playbooks.length, 'playbook')}, ${plural(prepared.plays.length, 'play')}, `
          : '';
      process.stdout.write(`valid: ${files}${plural(hosts.size, 'host')}\n`);
      exit(0);
    },
  );
}
