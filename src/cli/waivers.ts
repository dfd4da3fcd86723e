import type { OpenedProject } from '../api/open.ts';
import type { WaiversInput } from '../gates/waivers.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Waiver } from '../model/waiver.ts';
import { bindWaivers, loadWaivers } from '../project/waivers.ts';
import { waiverWords } from '../report/waivers.ts';
import { isExpired } from '../waivers/uses.ts';
import { printDiagnostics } from './diagnostics.ts';
import type { StrictOptions } from './options.ts';
import { refuseWarnings } from './project.ts';
import { keepFromWriting } from './read_report.ts';

/** The file of `--waivers`. @param words those of `--report` @throws InputError with all that is wrong with it */
export async function readWaivers(
  file: string | undefined,
  words: readonly string[] | undefined,
): Promise<readonly Waiver[] | undefined> {
  if (file === undefined) return undefined;
  keepFromWriting([file], words);
  return loadWaivers(file);
}

/** What the gate is given, and the project with what patterns of waivers warn of; prints that. */
export async function holdWaivers(
  waivers: readonly Waiver[] | undefined,
  prepared: OpenedProject,
  options: StrictOptions,
): Promise<{ readonly prepared: OpenedProject; readonly input?: WaiversInput }> {
  if (waivers === undefined) return { prepared };
  const now = Date.now();
  const { waivers: bound, warnings } = bindWaivers(waivers, prepared);
  const expired = bound
    .filter((waiver) => isExpired(waiver, now))
    .map((waiver): Diagnostic => {
      const message = waiverWords({ ...waiver, state: 'expired', count: 0 });
      return { severity: 'warning', message, place: waiver.place };
    });
  // Those that have expired are told at the end, beside what counts again.
  await printDiagnostics(options.strict === true ? [...warnings, ...expired] : warnings);
  refuseWarnings([...warnings, ...expired], options);
  return {
    prepared: { ...prepared, warnings: [...prepared.warnings, ...warnings] },
    input: { waivers: bound, now },
  };
}
