import { Command } from 'commander';
import { expect, it } from 'vitest';
import { kindOption } from '../../../src/cli/commands/kind_option.ts';

it.each([
  [['--kind', 'nic', 'hv01'], ['nic'], 'hv01'],
  [['hv01', '--kind', 'nic,disk'], ['nic', 'disk'], 'hv01'],
  [['--kind', 'nic', '--kind', 'cpu', 'hv01'], ['nic', 'cpu'], 'hv01'],
])('%j names kinds, and leaves the pattern of hosts alone', (words, kinds, pattern) => {
  const command = new Command().argument('[pattern]').addOption(kindOption());
  command.parse(words, { from: 'user' });
  expect([command.opts().kind, command.args[0]]).toEqual([kinds, pattern]);
});
