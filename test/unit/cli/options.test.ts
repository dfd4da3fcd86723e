import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addConnectionOptions } from '../../../src/cli/options.ts';
import { intervalOption, inventoryIntervalOption } from '../../../src/cli/service.ts';

function read(...words: readonly string[]): Record<string, unknown> | string {
  const command = addConnectionOptions(new Command('x'))
    .addOption(intervalOption())
    .addOption(inventoryIntervalOption())
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  try {
    return command.parse(words, { from: 'user' }).opts();
  } catch (error) {
    return (error as Error).message;
  }
}

describe('options of seconds', () => {
  it.each([
    ['--timeout', 'timeout', 86_400],
    ['--host-timeout', 'hostTimeout', 86_400],
    ['--interval', 'interval', 604_800],
    ['--inventory-interval', 'inventoryInterval', 604_800],
  ])('%s takes no more than a timer holds', (flag, name, most) => {
    expect(read(flag, String(most))).toMatchObject({ [name]: most });
    expect(read(flag, String(most + 1))).toMatch(`It must be ${most} seconds at most.`);
    expect(read(flag, '0')).toMatch('It must be a whole number from 1.');
  });
});
