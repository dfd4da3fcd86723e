import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/program.ts';

const PAGE = readFileSync(resolve(import.meta.dirname, '../../../docs/commands.md'), 'utf8');
const COMMANDS = commandLine(() => {}).commands;
const NAMES = COMMANDS.map((command) => command.name());

/** The cells of a table's rows, below its head. */
function rowsOf(head: string): readonly (readonly string[])[] {
  const [, table = ''] = PAGE.split(`\n| ${head} `);
  const [whole = ''] = table.split('\n\n');
  return whole
    .split('\n')
    .slice(2)
    .map((row) => row.split(/(?<!\\)\|/).slice(1, -1));
}

/** `run, set`, or `all but history and demo`. */
function commandsIn(cell: string): readonly string[] {
  const [, but] = /^all but (.*)$/.exec(cell.trim()) ?? [];
  const said = (but ?? cell).split(/,| and /).map((word) => word.trim());
  expect(said.filter((word) => !NAMES.includes(word))).toEqual([]);
  return (but === undefined ? said : NAMES.filter((name) => !said.includes(name))).toSorted();
}

/** Those of parts of a command, too. */
const optionsOf = (command: Command): readonly string[] => [
  ...command.options.flatMap(({ hidden, long }) => (hidden || !long ? [] : [long])),
  ...command.commands.flatMap(optionsOf),
];

it('each option stands once in the table, with the commands that have it', () => {
  const told = rowsOf('option').flatMap(([options = '', of = '']) => {
    const names = [...new Set(options.match(/--[a-z-]+/g))];
    return names.map((option) => `${option}: ${commandsIn(of).join(', ')}`);
  });
  const all = new Map(COMMANDS.map((command) => [command.name(), new Set(optionsOf(command))]));
  const options = new Set([...all.values()].flatMap((of) => [...of]));
  const real = [...options].map((option) => {
    const having = NAMES.filter((name) => all.get(name)?.has(option));
    return `${option}: ${having.toSorted().join(', ')}`;
  });
  expect(told.toSorted()).toEqual(real.toSorted());
});

it('each command stands in the table of commands', () => {
  const told = rowsOf('command').map(([command = '']) => /`virtune (\w+)/.exec(command)?.[1]);
  expect([...new Set(told)].toSorted()).toEqual(NAMES.toSorted());
});
