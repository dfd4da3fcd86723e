import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from '../lab.ts';
import { type Coverage, count } from './coverage.ts';
import { diskIn } from './disk.ts';
import { type Desk, type Executed, execute, settle } from './execute.ts';
import { historyOf } from './history.ts';
import { judge, judgeRecords, judgeSettled } from './judge.ts';
import { drawScenario, LAST, type Scenario, WATCHED } from './scenario.ts';
import type { World } from './world.ts';

interface Playing {
  /** The command that plays this seed again. */
  readonly replay: string;
  /** Hears of what was met. */
  readonly coverage: Coverage;
  /** Beside watches, instead of runs. */
  readonly watched: boolean;
}

/** Plays one seed in a world, and judges it. */
export async function trial(
  world: World,
  seed: string,
  { replay, coverage, watched }: Playing,
): Promise<Executed> {
  const scenario = drawScenario(seed, world.shape, watched);
  // Of its own, so that one that hangs does not fail those that come after it.
  const dir = mkdtempSync(join(world.dir, 'seed-'));
  const disks = [diskIn(dir, 'a', true), diskIn(dir, 'b', false)];
  const desk: Desk = { world, dir, disks, started: [], lines: new Map() };
  try {
    return await play(scenario, desk, coverage);
  } catch (error) {
    (error as Error).message += `\nto replay: ${replay}\n${JSON.stringify(scenario)}`;
    throw error;
  } finally {
    for (const { child } of desk.started) child.kill('SIGKILL');
    await Promise.all(desk.started.map(({ ended }) => ended));
    for (const disk of disks) disk.remove();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function play(scenario: Scenario, desk: Desk, coverage: Coverage): Promise<Executed> {
  const { world, dir, disks } = desk;
  const first = await world.begin();
  const executed = await execute(scenario, desk);
  const { calls } = executed;
  expect(await leftHere(dir)).toEqual([]);
  expect(await world.leftOver()).toEqual([]);
  const states = disks.map(({ folder }) => folder).filter((folder) => existsSync(folder));
  const records = new Map(
    await Promise.all(states.map(async (state) => [state, await historyOf(state)] as const)),
  );
  const [now, writes] = [await world.look(), await world.writes()];
  judge({ scenario, calls, records, first, now, writes });
  count(coverage, calls, [...records.values()].flat());
  await judgeRecords(states, calls, world.hosts.length);
  const rate = scenario.watches > 0 ? WATCHED : LAST;
  const last = await settle(desk, rate);
  expect(last.code, JSON.stringify(last)).toBe(0);
  await judgeSettled(world, rate);
  return executed;
}

/** Processes of this machine that have to do with a folder. */
async function leftHere(dir: string): Promise<readonly string[]> {
  const { stdout } = await run('ps', ['-eo', 'pid,args', '-ww']);
  return stdout.split('\n').filter((line) => line.includes(`${dir}/`));
}
