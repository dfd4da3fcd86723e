import { expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/program.ts';

const commands = commandLine(() => {}).commands;
const atOf = (name: string) =>
  commands.find((one) => one.name() === name)?.options.find(({ long }) => long === '--at');

it.each(['run', 'explain', 'show'])(
  '--at of %s takes a date as the moment at which that day begins',
  (name) => {
    const at = atOf(name)?.parseArg?.('2026-12-02', undefined) as Date | undefined;
    expect(at?.toISOString()).toBe('2026-12-02T00:00:00.000Z');
  },
);
