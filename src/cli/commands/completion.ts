import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { inputError } from '../../model/diagnostic.ts';
import { runsIn } from '../../record/folder.ts';
import { shortId, timeOf } from '../../record/run_id.ts';
import { type Candidate, complete } from '../completion/complete.ts';
import { inventoryNames } from '../completion/names.ts';
import { recordedVms } from '../completion/vms.ts';
import { addHelp } from '../help.ts';
import { fileOfPackage } from '../package.ts';
import { stateOf } from '../record.ts';
import { applySettings } from '../settings.ts';

const SHELLS: readonly string[] = ['bash', 'zsh', 'fish'];

export function addCompletion(program: Command, exit: (code: number) => void): void {
  const command = program
    .command('completion')
    .summary('completion of commands, options and hosts for a shell')
    .description(
      'Prints what makes a shell complete commands, options with their values, and the hosts and groups of the inventory.',
    )
    .argument('<shell...>', SHELLS.join(', '))
    .addOption(new Option('--words', 'complete the last of these words').hideHelp())
    .action(async (words: readonly string[], { words: asked = false }: { words?: boolean }) => {
      process.stdout.write(asked ? await answer(program, words) : await script(words));
      exit(0);
    });
  addHelp(command, {
    examples: [
      ['in ~/.bashrc, and the same for zsh: source <(virtune completion bash)', 'virtune completion bash'],
      ['as ~/.config/fish/completions/virtune.fish', 'virtune completion fish'],
    ],
    exits: { 0: 'it is printed', 1: 'wrong usage' },
    page: 'commands.md',
  });
}

async function script([shell = '', ...more]: readonly string[]): Promise<string> {
  if (more.length === 0 && SHELLS.includes(shell))
    return readFile(fileOfPackage(`completions/virtune.${shell}`), 'utf8');
  throw inputError(
    `there is no completion for "${[shell, ...more].join(' ')}"`,
    `shells: ${SHELLS.join(', ')}`,
  );
}

/** For the scripts: a line that says of which kind, then a candidate a line, with a tab before its description. */
async function answer(program: Command, words: readonly string[]): Promise<string> {
  const completion = complete(program, words);
  if (completion.kind === 'files') return `files\t${completion.prefix}\n`;
  const current = words.at(-1) ?? '';
  const values =
    completion.kind === 'values'
      ? completion.values
      : completion.kind === 'runs'
        ? await runsFor(completion.words)
        : completion.kind === 'vms'
          ? await vmsFor(completion.host)
          : await namesFor(completion);
  const lines = values
    .filter(({ value }) => value.startsWith(current))
    .map(({ value, description }) => (description === undefined ? value : `${value}\t${description}`));
  return ['values', ...lines, ''].join('\n');
}

/** So many runs: a list that is read, and no more. */
const NEWEST = 20;

async function runsFor(words: readonly string[]): Promise<readonly Candidate[]> {
  // Where the record cannot be read, the command itself says so.
  const runs = await runsIn(stateOf({})).catch(() => []);
  const newest = runs.slice(0, NEWEST).map((run) => ({ value: shortId(run), description: timeOf(run) }));
  return [...words.map((value) => ({ value })), ...newest];
}

async function vmsFor(host: string): Promise<readonly Candidate[]> {
  return (await recordedVms(stateOf({}), host)).map((value) => ({ value }));
}

type OfInventory = Exclude<ReturnType<typeof complete>, { kind: 'values' | 'files' | 'runs' | 'vms' }>;

async function namesFor({ kind, prefix, command, inventory }: OfInventory): Promise<readonly Candidate[]> {
  if (inventory.length > 0) command.setOptionValueWithSource('inventory', inventory, 'cli');
  // Whatever is wrong with settings or inventory is told by the command itself.
  await applySettings(command);
  const { hosts, groups } = await inventoryNames(command.getOptionValue('inventory'));
  const named = (names: readonly string[], description: string) =>
    names.map((name) => ({ value: prefix + name, description }));
  return [
    ...(kind === 'groups' ? [] : named(hosts, 'host')),
    ...(kind === 'hosts' ? [] : named(groups, 'group')),
  ];
}
