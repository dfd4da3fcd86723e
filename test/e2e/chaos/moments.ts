import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Desk } from './execute.ts';
import type { When } from './scenario.ts';

/** A line that never comes is not waited for any longer. */
const PATIENCE = 5000;

/** Waits for a moment, or until there is nothing to wait for. */
export async function reached({ line, afterMs }: When, desk: Desk, over: () => boolean): Promise<void> {
  const end = Date.now() + PATIENCE;
  const unless = async (there: () => boolean, until: number): Promise<void> => {
    while (!over() && Date.now() < until && !there()) await sleep(5);
  };
  const { written } = desk.world;
  if (line === 'write' && written !== null) await Promise.race([written(), unless(() => false, end)]);
  else if (line !== null) {
    const type = line === 'write' ? 'intent' : line;
    const before = linesOf(type, desk);
    await unless(() => linesOf(type, desk) > before, end);
  }
  await unless(() => false, Date.now() + afterMs);
}

/** How many lines of a type stand in all records. */
function linesOf(type: string, { disks }: Desk): number {
  const word = `"type":"${type}"`;
  return disks
    .map(({ folder }) => join(folder, 'runs'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => readdirSync(folder).map((name) => readFileSync(join(folder, name), 'utf8')))
    .reduce((sum, text) => sum + text.split(word).length - 1, 0);
}
