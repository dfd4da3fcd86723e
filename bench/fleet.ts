import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Build } from './build.ts';

/** A simulated fleet in a process of its own. */
export interface Fleet {
  readonly inventory: string;
  readonly stop: () => Promise<void>;
}

/** What the NICs of simulated hosts have where they are converged. */
export const SIMULATED_RATE = '100 Mbit/s';

export interface FleetSize {
  readonly hosts: number;
  readonly domains: number;
  readonly nics: number;
}

/**
 * Starts a simulated fleet; its inventory's group is `compute`.
 * @param flags more options of src/sim/serve.ts
 */
export async function startFleet(
  build: Build,
  dir: string,
  size: FleetSize,
  flags: readonly string[] = [],
): Promise<Fleet> {
  await mkdir(dir, { recursive: true });
  const options = Object.entries(size).flatMap(([name, value]) => [`--${name}`, String(value)]);
  // Ten thousand hosts hold more than Node gives by itself.
  const args = ['--max-old-space-size=12288', build.serve, ...options, ...flags, '--out', dir];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(child, 'close');
  await Promise.race([once(child.stdout, 'data'), ended.then(() => fail(child))]);
  return {
    inventory: join(dir, 'inventory.yml'),
    stop: async () => {
      child.stdin.end();
      await ended;
    },
  };
}

function fail(child: ChildProcess): never {
  throw new Error(`the simulated fleet ended with ${child.exitCode}`);
}
