import { InvalidArgumentError, Option } from 'commander';
import { printable } from '../base/text.ts';
import { InputError } from '../model/diagnostic.ts';
import { printDiagnostics } from './diagnostics.ts';
import { positive } from './options.ts';
import { type ListenOn, parseListen } from './watch_http.ts';

/** What commands that run until they are stopped have in common. */

/** Says something on standard error, with the time. */
export function sayNow(text: string): void {
  process.stderr.write(`${new Date().toISOString()} ${printable(text)}\n`);
}

/** Files that cannot be read again are told, and what they said before holds. */
export async function keepLast(error: unknown): Promise<null> {
  if (error instanceof InputError) await printDiagnostics(error.diagnostics);
  else sayNow(`internal error, please report it: ${error instanceof Error ? error.stack : error}`);
  sayNow('The files could not be read again: what they said before still holds.');
  return null;
}

/** For commander: where to listen, as an option says it. */
export function listenOption(example: string): (word: string) => ListenOn {
  return (word) => {
    const found = parseListen(word);
    if (found !== null) return found;
    throw new InvalidArgumentError(
      `It must be a port, an address with a port, or unix: and a path: ${example}.`,
    );
  };
}

export function metricsOption(): Option {
  return new Option(
    '--metrics <address>',
    'serve /metrics and /healthz there: 9477, 10.0.0.1:9477 or unix:/run/virtune.sock',
  ).argParser(listenOption('9477'));
}

export function intervalOption(): Option {
  return new Option('--interval <seconds>', 'look at each host this often, whatever is heard')
    .argParser(positive)
    .default(600);
}
