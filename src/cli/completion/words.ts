import type { Command, Option } from 'commander';

/** What stands before the word to complete. */
export interface Before {
  /** The option whose value comes next. */
  readonly pending: Option | null;
  /** True after `--`. */
  readonly ended: boolean;
  /** The arguments. */
  readonly given: readonly string[];
  /** All that -i names. */
  readonly inventory: readonly string[];
}

/** Reads words as commander does, whatever is wrong with them. */
export function readWords(command: Command, words: readonly string[]): Before {
  let pending: Option | null = null;
  let ended = false;
  const given: string[] = [];
  const inventory: string[] = [];
  const hear = (option: Option, value: string) => {
    if (option.long === '--inventory') inventory.push(value);
  };
  for (const word of words) {
    if (pending !== null) {
      hear(pending, word);
      pending = null;
    } else if (ended || word === '-' || !word.startsWith('-')) given.push(word);
    else if (word === '--') ended = true;
    else {
      const { option, value } = optionIn(command, word);
      if (option !== null && value === null) pending = option;
      else if (option !== null) hear(option, value ?? '');
    }
  }
  return { pending, ended, given, inventory };
}

/** The option in a word that takes a value, and the value where the word has it, too. */
function optionIn(command: Command, word: string): { option: Option | null; value: string | null } {
  const wants = (name: string) =>
    command.options.find((one) => (one.long === name || one.short === name) && one.required) ?? null;
  if (word.startsWith('--')) {
    const equals = word.indexOf('=');
    if (equals < 0) return { option: wants(word), value: null };
    return { option: wants(word.slice(0, equals)), value: word.slice(equals + 1) };
  }
  for (let at = 1; at < word.length; at++) {
    const option = wants(`-${word[at]}`);
    if (option !== null) return { option, value: at + 1 < word.length ? word.slice(at + 1) : null };
  }
  return { option: null, value: null };
}
