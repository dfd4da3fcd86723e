import { didYouMeanHint } from '../base/suggest.ts';
import { oneOf, shorten } from '../base/text.ts';
import { INCLUDES, TASK_KEYWORDS } from './keywords.ts';
import { BLOCK_KEYS, TASK_KEYS } from './task_schema.ts';

interface Refusal {
  readonly message: string;
  readonly hint?: string | undefined;
}

const INCLUDE_HINT = 'put the tasks here, and what plays share into "vars_files"';

/** Why a key cannot stand in a task, and what to write instead. */
export function refuseTaskKey(key: string, hasModule: boolean, knownModules: readonly string[]): Refusal {
  if (INCLUDES.has(key)) return { message: `"${key}" is not supported yet by virtune`, hint: INCLUDE_HINT };
  if (TASK_KEYWORDS.has(key))
    return { message: `"${key}" is not supported yet by virtune`, hint: TASK_KEYWORDS.get(key) };
  const shown = shorten(key);
  if (hasModule) {
    const hint =
      didYouMeanHint(key, [...TASK_KEYS, ...TASK_KEYWORDS.keys()]) ??
      'arguments go below the module, indented further';
    return { message: `unknown key "${shown}" in a task`, hint };
  }
  const meant = didYouMeanHint(key, [...TASK_KEYS, 'block', ...knownModules]);
  return { message: `unknown module "${shown}"`, hint: meant ?? `virtune has ${oneOf(knownModules, 'and')}` };
}

/** The same for a block. */
export function refuseBlockKey(key: string, knownModules: readonly string[]): Refusal {
  if (TASK_KEYWORDS.has(key))
    return { message: `"${key}" is not supported yet by virtune`, hint: TASK_KEYWORDS.get(key) };
  const shown = shorten(key);
  if (knownModules.includes(key) || key === 'loop')
    return { message: `"${shown}" cannot stand in a block`, hint: 'put it into a task, below "block:"' };
  return { message: `unknown key "${shown}" in a block`, hint: didYouMeanHint(key, BLOCK_KEYS) };
}
