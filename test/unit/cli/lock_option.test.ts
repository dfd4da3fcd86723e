import { expect, it } from 'vitest';
import { commandLine } from '../../../src/cli/program.ts';
import { BUSY_WAIT_SECONDS } from '../../../src/engine/run.ts';

/** How long commands wait for a lock where nothing is said. */
const waits = new Map(
  commandLine(() => {}).commands.map((command) => [
    command.name(),
    command.options.find(({ long }) => long === '--lock-wait')?.defaultValue as number | undefined,
  ]),
);

it.each(['run', 'set', 'apply', 'rollback'])(
  '%s waits longer than a write beside it that meets two busy VMs',
  (name) => {
    expect(waits.get(name)).toBeGreaterThan(2 * BUSY_WAIT_SECONDS);
  },
);

it.each(['watch', 'serve'])('%s comes back instead', (name) => {
  expect(waits.get(name)).toBe(10);
});
