import { Command, CommanderError, Option } from 'commander';
import { addApply } from './commands/apply.ts';
import { addCompletion } from './commands/completion.ts';
import { addConfirm } from './commands/confirm.ts';
import { addDemo } from './commands/demo.ts';
import { addDoctor } from './commands/doctor.ts';
import { addExplain } from './commands/explain.ts';
import { addHistory } from './commands/history.ts';
import { addInventory } from './commands/inventory.ts';
import { addPlan } from './commands/plan.ts';
import { addPolicy } from './commands/policy.ts';
import { addReport } from './commands/report.ts';
import { addRollback } from './commands/rollback.ts';
import { addRun } from './commands/run.ts';
import { addScan } from './commands/scan.ts';
import { addServe } from './commands/serve.ts';
import { addSet } from './commands/set.ts';
import { addShow } from './commands/show.ts';
import { addValidate } from './commands/validate.ts';
import { addWatch } from './commands/watch.ts';
import { fileOfPackage } from './package.ts';
import { applySettings } from './settings.ts';

/** The code of the error that stands for --version. */
export const VERSION = 'virtune.version';

type Add = (program: Command, exit: (code: number) => void) => void;

/** The commands by what they are for; a command is in the help where it stands here. */
const COMMANDS: Readonly<Record<string, Readonly<Record<string, Add>>>> = {
  'Change limits:': {
    run: addRun,
    plan: addPlan,
    apply: addApply,
    set: addSet,
    rollback: addRollback,
    confirm: addConfirm,
    watch: addWatch,
    serve: addServe,
  },
  'Look at hosts:': { doctor: addDoctor, show: addShow, scan: addScan, explain: addExplain },
  'Look at files:': { validate: addValidate, inventory: addInventory, policy: addPolicy },
  'Look back:': { history: addHistory },
  'More:': { report: addReport, completion: addCompletion, demo: addDemo },
};

/** What completes words knows all commands. */
const KNOWS_ALL = 'completion';

/** Commands that are the same whatever is set. */
const WITHOUT_SETTINGS: readonly string[] = ['demo', 'completion', 'history'];

/**
 * The command line.
 * @param exit hears the exit status of the command that ran
 * @param word its first, where that is known: the others are not made where it is a command's name
 */
export function commandLine(exit: (code: number) => void, word = ''): Command {
  const program = new Command('virtune')
    .usage('COMMAND [options]')
    .description(
      'Keeps the limits of running VMs as declared, first of all the bandwidth of their network cards, across a fleet of libvirt hosts.',
    )
    .addOption(new Option('-V, --version', 'print the version, and which ansible.cfg is read'))
    .on('option:version', () => {
      throw new CommanderError(0, VERSION, '');
    })
    .hook('preAction', (_, command) =>
      WITHOUT_SETTINGS.includes(command.name()) ? undefined : applySettings(command),
    )
    .helpOption('-h, --help', 'print this help')
    .showHelpAfterError('(virtune --help, or virtune COMMAND --help, tells more)')
    .configureHelp({ subcommandTerm: (command) => command.name() })
    .exitOverride();
  const all = Object.values(COMMANDS).flatMap((commands) => Object.keys(commands));
  const alone = word !== KNOWS_ALL && all.includes(word);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const [name, add] of Object.entries(commands)) if (!alone || name === word) add(program, exit);
  }
  program.helpCommand('help [command]', 'the help of a command');
  program.addHelpText('after', () =>
    [
      '',
      'Examples:',
      '  virtune demo',
      '  virtune doctor -i inventory/',
      '  virtune run limits.yml -i inventory/ --check',
      '',
      'virtune COMMAND --help tells its options, examples and exit statuses. More:',
      `  ${fileOfPackage('docs/commands.md')}`,
    ].join('\n'),
  );
  return program;
}

/** What was typed: `help` of what is no command is that word alone, which the command line then names. */
export function wordsOf(program: Command, typed: readonly string[]): readonly string[] {
  const [help, name] = typed;
  const isKnown = name === undefined || name.startsWith('-') || name === 'help' || names(program).has(name);
  return help !== 'help' || isKnown ? typed : [name];
}

const names = (program: Command) => new Set(program.commands.map((command) => command.name()));
