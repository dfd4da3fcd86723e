import type { Command } from 'commander';
import type { OpenedProject } from '../api/open.ts';
import type { WaiversInput } from '../gates/waivers.ts';
import type { Waiver } from '../model/waiver.ts';
import { bindWaivers, loadWaivers } from '../project/waivers.ts';
import { expiredOf } from '../report/waivers.ts';
import { printDiagnostics } from './diagnostics.ts';
import type { StrictOptions } from './options.ts';
import { refuseWarnings } from './project.ts';
import { keepFromWriting } from './read_report.ts';

/** Known differences that are left as they are. */
export interface WaiverOptions {
  readonly waivers?: string;
}

export function addWaiversOption(command: Command): Command {
  return command.option(
    '--waivers <file>',
    'known differences that are left as they are, and do not count, until a date',
  );
}

/** The file of `--waivers`. @param words those of `--report` @throws InputError with all that is wrong with it */
export async function readWaivers(
  file: string | undefined,
  words: readonly string[] | undefined,
): Promise<readonly Waiver[] | undefined> {
  if (file === undefined) return undefined;
  keepFromWriting([file], words);
  return loadWaivers(file);
}

/**
 * What the gate is given, and the project with what patterns of waivers warn of; prints that. A run tells of those that
 * have expired at its end, beside what counts again; `tellExpired` does so now.
 */
export async function holdWaivers(
  waivers: readonly Waiver[] | undefined,
  prepared: OpenedProject,
  { strict = false, tellExpired = strict }: StrictOptions & { readonly tellExpired?: boolean },
): Promise<{ readonly prepared: OpenedProject; readonly input?: WaiversInput }> {
  if (waivers === undefined) return { prepared };
  const now = Date.now();
  const { waivers: bound, warnings } = bindWaivers(waivers, prepared);
  const expired = expiredOf(bound, now);
  await printDiagnostics(tellExpired ? [...warnings, ...expired] : warnings);
  refuseWarnings([...warnings, ...expired], { strict });
  return {
    prepared: { ...prepared, warnings: [...prepared.warnings, ...warnings] },
    input: { waivers: bound, now },
  };
}
