import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { inputError } from '../model/diagnostic.ts';

export interface ForceOptions {
  readonly force?: boolean;
}

export function addForceOption(command: Command): Command {
  return command.option('--force', 'replace the file of -o, whatever it holds');
}

/**
 * What is in the way of a new file may be somebody's work, or the only way back. A device, a pipe and an empty file lose
 * nothing.
 * @throws InputError
 */
export async function refuseToReplace(
  file: string,
  { force = false }: ForceOptions,
  why = '',
): Promise<void> {
  const found = force ? null : await stat(file).catch(() => null);
  if (found?.isFile() && found.size > 0)
    throw inputError(`${file} exists${why}`, 'name another file with -o, or replace this one with --force');
}
