import { Command, CommanderError } from 'commander';
import { printable } from '../base/text.ts';
import { EXIT } from '../engine/exit_code.ts';
import { InputError } from '../model/diagnostic.ts';
import { printDiagnostics } from './diagnostics.ts';
import { version } from './package.ts';

type Add = (program: Command, exit: (code: number) => void) => void;

/** Each is loaded with all that it needs when it is called, and all of them for help. */
const COMMANDS: Readonly<Record<string, () => Promise<Add>>> = {
  run: async () => (await import('./commands/run.ts')).addRun,
  show: async () => (await import('./commands/show.ts')).addShow,
  set: async () => (await import('./commands/set.ts')).addSet,
  explain: async () => (await import('./commands/explain.ts')).addExplain,
  scan: async () => (await import('./commands/scan.ts')).addScan,
  inventory: async () => (await import('./commands/inventory.ts')).addInventory,
  validate: async () => (await import('./commands/validate.ts')).addValidate,
  doctor: async () => (await import('./commands/doctor.ts')).addDoctor,
  demo: async () => (await import('./commands/demo.ts')).addDemo,
};

/**
 * The whole command line. Known errors are a few lines, unknown ones a trace.
 * @param argv as process.argv
 * @returns the process's exit status
 */
export async function main(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.ok;
  const program = new Command('virtune')
    .description(
      "Keeps the bandwidth limits of running VMs' network cards as declared, across a fleet of libvirt hosts",
    )
    .version(version())
    .showHelpAfterError('(virtune --help, or virtune COMMAND --help, tells more)')
    .exitOverride();
  const word = argv[2] ?? '';
  const called = Object.hasOwn(COMMANDS, word) ? [COMMANDS[word]] : Object.values(COMMANDS);
  for (const load of called) {
    const add = await load?.();
    add?.(program, (code) => {
      status = code;
    });
  }
  try {
    await program.parseAsync([...argv]);
    return status;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.input;
    if (error instanceof InputError) {
      await printDiagnostics(error.diagnostics);
      return EXIT.input;
    }
    const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
    process.stderr.write(
      `virtune: internal error, please report it:\n${trace.split('\n').map(printable).join('\n')}\n`,
    );
    return EXIT.input;
  }
}
