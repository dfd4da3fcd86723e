import { resolve } from 'node:path';
import { InputError, inputError } from '../model/diagnostic.ts';
import { historyOf, type RunHistory } from '../record/history.ts';
import { findRun } from '../record/read.ts';
import { verifyRun } from '../record/verify.ts';

/** @throws InputError where it goes on, or its record cannot be believed */
export async function wholeRun(state: string, word: string): Promise<RunHistory> {
  const id = await findRun(state, word);
  const problems = await verifyRun(state, id);
  if (problems.length > 0)
    throw new InputError(
      problems.map(({ message, place, hint }) => ({
        severity: 'error',
        message: `${place?.file}:${place?.line}: ${message}`,
        hint,
      })),
    );
  const run = await historyOf(state, id);
  if (run.state === 'running') throw inputError(`the run ${id} goes on`, 'wait for its end, or end it');
  return run;
}

/** The inventory that the run was made with. */
export function inventoryOf({ start }: RunHistory): readonly string[] {
  const { inventory = [], folder = '' } = start ?? {};
  return inventory.map((source) => (source.includes(',') ? source : resolve(folder, source)));
}

/** The policies that held for the run hold for what is made of it, wherever that is typed. */
export function besideOf({ start }: RunHistory): readonly string[] {
  const { playbooks = [], folder = '' } = start ?? {};
  // The folder that the run was in, too: any name in it will do.
  return [...playbooks, 'playbook'].map((file) => resolve(folder, file));
}
