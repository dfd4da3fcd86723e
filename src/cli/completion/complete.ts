import type { Command, Option } from 'commander';
import { valuesOf } from './values.ts';
import { type Before, readWords } from './words.ts';

export interface Candidate {
  readonly value: string;
  readonly description?: string;
}

/** What the last word may become. `prefix` is the part of it that stands before what is looked for. */
export type Completion =
  | { readonly kind: 'values'; readonly values: readonly Candidate[] }
  | { readonly kind: 'files'; readonly prefix: string }
  /** What the record has. */
  | { readonly kind: 'runs'; readonly words: readonly string[] }
  /** VMs of this host that the record tells of. */
  | { readonly kind: 'vms'; readonly host: string }
  /** Names of the inventory that these sources make; without any, the usual one. */
  | {
      readonly kind: 'hosts' | 'groups' | 'patterns';
      readonly prefix: string;
      readonly command: Command;
      readonly inventory: readonly string[];
    };

const NOTHING: Completion = { kind: 'values', values: [] };

/** @param words all after `virtune`; the last, which may be empty, is the one to complete */
export function complete(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? '';
  const at = words.slice(0, -1).findIndex((word) => !word.startsWith('-'));
  if (at < 0) return current.startsWith('-') ? optionsOf(program) : commandsOf(program);
  const command = program.commands.find((one) => one.name() === words[at]);
  if (command === undefined) return words[at] === 'help' ? commandsOf(program) : NOTHING;
  const before = readWords(command, words.slice(at + 1, -1));
  if (before.pending !== null) return ofOption(before.pending, current, '', before, command);
  if (before.ended || !current.startsWith('-')) return argumentOf(command, before, current);
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (name === undefined || value === undefined) return optionsOf(command);
  const option = command.options.find(({ long }) => long === name);
  return option === undefined ? NOTHING : ofOption(option, value, `${name}=`, before, command);
}

function commandsOf(program: Command): Completion {
  const commands = program.createHelp().visibleCommands(program);
  return {
    kind: 'values',
    values: commands.map((one) => ({ value: one.name(), description: one.summary() || one.description() })),
  };
}

function optionsOf(command: Command): Completion {
  const options = command.createHelp().visibleOptions(command);
  return {
    kind: 'values',
    values: options.map(({ long, short, description }) => ({ value: long ?? short ?? '', description })),
  };
}

function ofOption(
  option: Option,
  value: string,
  prefix: string,
  before: Before,
  command: Command,
): Completion {
  const kind = /<([^>]*)>/.exec(option.flags)?.[1] ?? '';
  const equals = value.indexOf('=');
  if (kind.endsWith('[=file]') && equals >= 0)
    return { kind: 'files', prefix: prefix + value.slice(0, equals + 1) };
  const values = valuesOf(option);
  if (values !== undefined) {
    const start = prefix + value.slice(0, value.lastIndexOf(',') + 1);
    return { kind: 'values', values: values.map((one) => ({ value: start + one })) };
  }
  if (kind === 'vars' && value.startsWith('@')) return { kind: 'files', prefix: `${prefix}@` };
  return named(kind, value, prefix, before, command);
}

function argumentOf(command: Command, before: Before, current: string): Completion {
  const all = command.registeredArguments;
  const last = all.at(-1);
  const argument = all[before.given.length] ?? (last?.variadic ? last : undefined);
  if (argument === undefined) return NOTHING;
  if (argument.argChoices !== undefined)
    return { kind: 'values', values: argument.argChoices.map((value) => ({ value })) };
  return named(argument.name(), current, '', before, command);
}

/** By what help calls it. */
function named(
  kind: string,
  value: string,
  prefix: string,
  { inventory, given }: Before,
  command: Command,
): Completion {
  if (['path', 'file', 'playbook'].includes(kind)) return { kind: 'files', prefix };
  if (kind === 'run')
    return { kind: 'runs', words: command.name() === 'history' ? ['last', 'verify', 'prune'] : ['last'] };
  if (kind === 'domain') return { kind: 'vms', host: given[0] ?? '' };
  if (kind === 'host') return { kind: 'hosts', prefix, command, inventory };
  if (kind === 'group') return { kind: 'groups', prefix, command, inventory };
  if (kind !== 'pattern') return NOTHING;
  // The last part of a pattern, such as `b` in `a:!b`.
  const earlier = /^(?:.*[,:])?[!&]?/s.exec(value)?.[0] ?? '';
  return { kind: 'patterns', prefix: prefix + earlier, command, inventory };
}
