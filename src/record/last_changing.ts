import { type Change, desiredOf, SIDES } from '../model/change.ts';
import { inputError } from '../model/diagnostic.ts';
import type { SubjectStatus } from '../model/status.ts';
import { runsIn } from './folder.ts';
import { historyOf, type RunHistory } from './history.ts';
import type { Made } from './made.ts';

/**
 * The newest run that has changed something, or may have; of a confirm the run that it has confirmed, since that is what
 * has changed what runs. One whose record is broken is not passed over, since nobody knows what it has changed.
 * @throws InputError where there is none
 */
export async function lastChanging(state: string): Promise<string> {
  for (const id of await runsIn(state)) {
    const run = await historyOf(state, id);
    if (run.fault?.kind === 'broken' || hasChanged(run)) return confirmedBy(run) ?? id;
  }
  throw inputError(
    `no run that is recorded in ${state} has changed anything`,
    'virtune history lists the runs',
  );
}

function confirmedBy({ start }: RunHistory): string | undefined {
  return start?.what === 'confirm' ? start.of : undefined;
}

function hasChanged({ made }: RunHistory): boolean {
  return made.some((one) => !one.isKnown || mayHaveChanged(one));
}

/** What was not read back may have been changed. */
const IN_DOUBT: readonly SubjectStatus[] = ['failed', 'unreachable', 'busy'];

function mayHaveChanged({ change }: Made): boolean {
  const { after, status } = change;
  if (after === null) return IN_DOUBT.includes(status);
  return SIDES.some((side) => {
    const left = after[side];
    return (
      left !== null && Object.keys(desiredOf(change, side)).some((name) => differsFrom(change, side, name))
    );
  });
}

function differsFrom({ settings, after }: Change, side: (typeof SIDES)[number], name: string): boolean {
  const before = settings.find((setting) => setting.name === name)?.[side];
  return before !== undefined && (after?.[side]?.[name] ?? null) !== before;
}
