import { CommanderError } from 'commander';
import { printable } from '../base/text.ts';
import { EXIT } from '../engine/exit_code.ts';
import { InputError, inputError } from '../model/diagnostic.ts';
import { printDiagnostics } from './diagnostics.ts';
import { exitAfterLoss, guardOutput, lostOutput } from './output.ts';
import { version } from './package.ts';
import { commandLine, VERSION, wordsOf } from './program.ts';
import { configLine } from './settings.ts';
import { endWhenInterrupted } from './signals.ts';

/** Runs the command line. The only file that decides the process's exit status. */
export async function virtune(argv: readonly string[]): Promise<void> {
  guardOutput();
  endWhenInterrupted();
  const status = await statusOf(argv);
  const lost = await lostOutput();
  for (const { stream, text } of lost)
    if (stream !== process.stderr) process.stderr.write(`virtune: ${text}\n`);
  process.exitCode = exitAfterLoss(status, lost);
}

/** Known errors are a few lines, unknown ones a trace. */
async function statusOf(argv: readonly string[]): Promise<number> {
  let status: number = EXIT.ok;
  const program = commandLine((code) => {
    status = code;
  }, argv[2]);
  try {
    checkFolder();
    await program.parseAsync([...wordsOf(program, argv.slice(2))], { from: 'user' });
    return status;
  } catch (error) {
    if (error instanceof CommanderError && error.code === VERSION) {
      process.stdout.write(`${version()}\n${await configLine()}\n`);
      return EXIT.ok;
    }
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

/** @throws InputError where the working folder was deleted: relative names, and programs that are run, need one */
function checkFolder(): void {
  try {
    // Node keeps it, so that it is known even if the folder goes later.
    process.cwd();
  } catch {
    throw inputError('the folder that you are in does not exist any more', 'cd to one that does');
  }
}
