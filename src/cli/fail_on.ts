import { FAIL_ON, FAILS_BY_DEFAULT, type FailOn } from '../engine/exit_code.ts';
import { inputError } from '../model/diagnostic.ts';

/** For the help of commands that run. */
export const FAIL_ON_WORDS = FAIL_ON.join(', ');

/**
 * What fails a run besides wrong input: what does by default, with what `--fail-on` adds, and without what it takes
 * away by `no-`. A list thus never takes away what it does not name.
 * @param words one for each time the option was given, each with commas
 * @throws InputError on a word that is none, or a word and its opposite
 */
export function parseFailOn(words: readonly string[] = []): readonly FailOn[] {
  const given = words.flatMap((word) => word.split(',')).map((word) => word.trim());
  const [added, taken] = [new Set<FailOn>(), new Set<FailOn>()];
  for (const word of given) {
    const outcome = FAIL_ON.find((one) => word === one || word === `no-${one}`);
    if (outcome === undefined)
      throw inputError(
        `--fail-on knows no "${word}"`,
        `words: ${FAIL_ON_WORDS}; with no- before it: not on that`,
      );
    (word === outcome ? added : taken).add(outcome);
  }
  for (const word of added)
    if (taken.has(word))
      throw inputError(`--fail-on has both ${word} and no-${word}`, 'leave one of them out');
  return FAIL_ON.filter((one) => added.has(one) || (FAILS_BY_DEFAULT.includes(one) && !taken.has(one)));
}
