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

/** The commands by what they are for; a command is in the help where it stands here. */
const COMMANDS = {
  'Change limits:': [addRun, addPlan, addApply, addSet, addRollback, addConfirm, addWatch, addServe],
  'Look at hosts:': [addDoctor, addShow, addScan, addExplain],
  'Look at files:': [addValidate, addInventory, addPolicy],
  'Look back:': [addHistory],
  'More:': [addReport, addCompletion, addDemo],
} as const;

/** Commands that are the same whatever is set. */
const WITHOUT_SETTINGS: readonly string[] = ['demo', 'completion', 'history'];

/** The whole command line. @param exit hears the exit status of the command that ran */
export function commandLine(exit: (code: number) => void): Command {
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
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(heading);
    for (const add of commands) add(program, exit);
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
