import { Option } from 'commander';
import { type Diagnostic, InputError, inputError } from '../model/diagnostic.ts';
import { MODULES } from '../modules/index.ts';
import type { AnyModule, CommandOption } from '../modules/module.ts';

/** All that `set` has options for, by what was given: the names are commander's. */
export type Given = Readonly<Record<string, string | undefined>>;

/** The options of `set` that are a module's. */
export function optionsOf({ choice, set }: AnyModule): readonly CommandOption[] {
  return [
    ...(choice === undefined ? [] : [choice.option]),
    ...(set?.options ?? []),
    ...(set?.task?.options ?? []),
  ];
}

const OF_HOST = / \(host \S+\)$/;

const nameOf = ({ flags }: CommandOption) => new Option(flags).attributeName();
const flagOf = ({ flags }: CommandOption) => flags.split(' ')[0] ?? '';

/**
 * Looks at what says which part of a VM is meant, and at what says nothing beside it.
 * @throws InputError
 */
export function checkChoices(given: Given): void {
  for (const { choice, set, words } of MODULES) {
    const word = choice === undefined ? undefined : given[nameOf(choice.option)];
    if (choice === undefined || word === undefined) continue;
    choice.names(word);
    const options = set?.options ?? [];
    if (options.some((option) => given[nameOf(option)] !== undefined)) continue;
    throw inputError(
      `${flagOf(choice.option)} ${word} says which ${words.one}, and nothing says its limits`,
      `give some of ${options.map(flagOf).join(', ')}`,
    );
  }
}

/** What is wrong with the rules that `set` makes of its options, said of the options. Other diagnostics stay. */
export function inWordsOfSet(given: Given): (diagnostic: Diagnostic) => Diagnostic {
  const isGiven = (option: CommandOption) => given[nameOf(option)] !== undefined;
  const options = MODULES.flatMap(({ set }) => [...(set?.options ?? []), ...(set?.task?.options ?? [])]);
  const set = options.filter(isGiven);
  const all = MODULES.flatMap(optionsOf).filter(isGiven);
  const flags = new Map(
    options.map((option) => [flagOf(option).slice(2).replaceAll('-', '_'), flagOf(option)]),
  );
  const inFlags = (text: string) =>
    text
      // A key with a value behind it, as the rule would have it, or one that can be no plain word.
      .replaceAll(/\b([a-z]\w*): (?=\d)/g, (all, key: string) =>
        flags.has(key) ? `${flags.get(key)} ` : all,
      )
      .replaceAll(/(?<![-\w])[a-z]+(?:_[a-z]+)+(?!\w)/g, (key) => flags.get(key) ?? key)
      .replace(/^the rule sets no/, 'nothing sets a');
  const blamed = (message: string) => {
    const quoted = all.filter((option) =>
      (given[nameOf(option)] ?? '').split(',').some((word) => message.includes(`"${word.trim()}"`)),
    );
    const [only, ...others] = quoted.length > 0 ? quoted : set;
    return only === undefined || others.length > 0 ? undefined : flagOf(only);
  };
  return (diagnostic) => {
    // What has a place is about a file.
    if (diagnostic.place !== undefined && diagnostic.place.file !== '') return diagnostic;
    const host = /^no host or group matches ("[^"]*")$/.exec(diagnostic.message)?.[1];
    if (host !== undefined) return { ...diagnostic, message: `the inventory has no host ${host}` };
    // What is said of the rules is said of the host that has them; all else is about files or the connection.
    if (!OF_HOST.test(diagnostic.message)) return diagnostic;
    const message = inFlags(diagnostic.message.replace(OF_HOST, ''));
    const flag = message.includes('--') ? undefined : blamed(message);
    const hint = diagnostic.hint === undefined ? {} : { hint: inFlags(diagnostic.hint) };
    return { ...diagnostic, message: flag === undefined ? message : `${flag}: ${message}`, ...hint };
  };
}

/** Runs something whose mistakes are told in other words. */
export async function reworded<T>(words: (one: Diagnostic) => Diagnostic, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    throw error instanceof InputError ? new InputError(error.diagnostics.map(words)) : error;
  }
}
