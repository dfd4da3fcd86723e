import { inputError } from '../model/diagnostic.ts';
import { findRun, readRun } from '../record/read.ts';
import { type StateOptions, stateOf } from './record.ts';

const WHOLE = 'run the playbooks again without --resume: a host that is as declared costs one read';

/**
 * The hosts that a run has left: skipped, failed, refused or unreachable.
 * @param word as `virtune history` takes it
 * @throws InputError where there are none, or the record does not tell
 */
export async function hostsLeft(
  options: StateOptions,
  word: string,
  playbooks: readonly string[],
): Promise<readonly string[]> {
  const state = stateOf(options);
  const id = await findRun(state, word);
  const { start, end, state: how, fault, file } = await readRun(state, id);
  if (fault?.kind === 'broken') throw inputError(`${file}:${fault.line}: ${fault.text}`, WHOLE);
  if (how === 'running') throw inputError(`the run ${id} goes on`, 'wait for its end, or end it');
  if (start === null || end === null)
    throw inputError(`the record of ${id} has no end: nothing tells which hosts it has left`, WHOLE);
  if (start.what !== 'run') throw inputError(`${id} is no run of playbooks, but ${start.what}`);
  if (start.playbooks.join('\0') !== playbooks.join('\0'))
    throw inputError(
      `the run ${id} was of other playbooks: ${start.playbooks.join(', ')}`,
      'name the same ones, in the same order',
    );
  const { left = [] } = end;
  if (left.length === 0) throw inputError(`the run ${id} has left no host`, WHOLE);
  return left;
}
