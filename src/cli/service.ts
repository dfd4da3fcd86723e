import { InvalidArgumentError, Option } from 'commander';
import { above } from '../base/screen.ts';
import { plural, printable } from '../base/text.ts';
import { InputError } from '../model/diagnostic.ts';
import { hung } from '../report/hang.ts';
import { paintFor } from '../report/style.ts';
import type { TextOptions } from '../report/text.ts';
import { printDiagnostics, untold } from './diagnostics.ts';
import { LONGEST_INTERVAL_S, seconds } from './options.ts';
import { type ListenOn, parseListen } from './watch_http.ts';

/** What commands that run until they are stopped have in common. */

/** How what is heard of hosts is written to standard output, as wide as its terminal is at that moment. */
export function textOptions(check: boolean, verbose: boolean): TextOptions {
  const { stdout } = process;
  return {
    ...{ check, diff: false, verbose, paint: paintFor(stdout) },
    get columns() {
      return stdout.columns || undefined;
    },
  };
}

/** Says something on standard error, with the time. */
export function sayNow(text: string): void {
  const lines = hung([`${new Date().toISOString()} ${printable(text)}`], process.stderr.columns);
  above(() => process.stderr.write(`${lines.join('\n')}\n`));
}

/**
 * Files that cannot be read again are told, and what they said before holds.
 * @param told mistakes that stay are told once
 */
export async function keepLast(error: unknown, told?: Set<string>): Promise<null> {
  const isUntold = untold(told);
  if (error instanceof InputError) {
    const news = error.diagnostics.filter(isUntold);
    if (news.length === 0) return null;
    await printDiagnostics(news);
  } else sayNow(`internal error, please report it: ${error instanceof Error ? error.stack : error}`);
  sayNow('The files could not be read again: what they said before still holds.');
  return null;
}

/** What is said once clouds have told something new. */
export function sayAsked(count: number): string {
  return `The clouds of the inventory have told something new of ${plural(count, 'host')}.`;
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

export interface InventoryIntervalOptions {
  readonly inventoryInterval: number;
}

export function inventoryIntervalOption(): Option {
  return new Option('--inventory-interval <seconds>', 'ask clouds of the inventory again this often')
    .argParser(seconds(LONGEST_INTERVAL_S))
    .default(300);
}

const RELOADS = ['change', 'signal'] as const;

export interface ReloadOptions {
  readonly reload: (typeof RELOADS)[number];
}

export function reloadOption(): Option {
  return new Option('--reload <when>', 'read the files again when they change, or on SIGHUP alone')
    .choices(RELOADS)
    .default('change');
}

export function intervalOption(): Option {
  return new Option('--interval <seconds>', 'look at each host this often, whatever is heard')
    .argParser(seconds(LONGEST_INTERVAL_S))
    .default(600);
}
