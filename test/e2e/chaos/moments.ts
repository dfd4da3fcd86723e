import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Desk } from './execute.ts';
import type { When } from './scenario.ts';

/** Waits for a moment, or until there is nothing to wait for. @param patience a line is not waited for any longer */
export async function reached(
  { line, afterMs }: When,
  desk: Desk,
  over: () => boolean,
  patience: number,
): Promise<void> {
  const end = Date.now() + patience;
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
function linesOf(type: string, { disks, lines }: Desk): number {
  return disks
    .map(({ folder }) => join(folder, 'runs'))
    .filter((folder) => existsSync(folder))
    .flatMap((folder) => recordsIn(folder))
    .reduce((sum, file) => sum + (countedIn(file, lines).get(type) ?? 0), 0);
}

/** Whatever else is there comes and goes. */
function recordsIn(folder: string): readonly string[] {
  const names = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  return names.map((name) => join(folder, name));
}

/** By file, as it was last read. */
export type Lines = Map<string, { readonly size: number; readonly types: ReadonlyMap<string, number> }>;

/** It is asked all the time, by all who wait, so that a file is read only where it has grown. */
function countedIn(file: string, lines: Lines): ReadonlyMap<string, number> {
  const { size } = statSync(file);
  const known = lines.get(file);
  if (known?.size === size) return known.types;
  const types = new Map<string, number>();
  for (const [, type = ''] of readFileSync(file, 'utf8').matchAll(/"type":"(\w+)"/g))
    types.set(type, (types.get(type) ?? 0) + 1);
  lines.set(file, { size, types });
  return types;
}
