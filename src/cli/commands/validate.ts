import type { Command } from 'commander';
import { plural } from '../../base/text.ts';
import { addHelp } from '../help.ts';
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
    .summary('check inventory and playbooks without connecting')
    .description('Checks inventory and playbooks without connecting, and tells all errors at once.')
    .argument('[playbook...]', 'playbooks; without any, the inventory alone');
  addInventoryOptions(addStrictOption(addLimitOption(command))).action(
    async (playbooks: readonly string[], options: InventoryOptions & StrictOptions) => {
      // Rules that hosts have in the usual variable are looked at without a playbook, too.
      const everyHost = madePlay('inventory', 'all', variableTasks());
      const source = playbooks.length > 0 ? { playbooks } : { made: [everyHost] };
      const prepared = await openProject(source, options, false);
      const hosts = new Set(prepared.plays.flatMap((play) => play.batches.flat().map((job) => job.name)));
      const files =
        playbooks.length > 0
          ? `${plural(playbooks.length, 'playbook')}, ${plural(prepared.plays.length, 'play')}, `
          : '';
      process.stdout.write(`valid: ${files}${plural(hosts.size, 'host')}\n`);
      exit(0);
    },
  );
  addHelp(command, {
    examples: [
      ['a playbook with its inventory', 'virtune validate limits.yml -i inventory/'],
      ['the inventory alone, in CI', 'virtune validate --strict'],
    ],
    exits: { 0: 'everything is valid', 1: 'there are errors; with --strict, or warnings' },
    page: 'playbooks.md',
  });
}
