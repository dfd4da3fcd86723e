import { randomInt } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { type Coverage, KINDS } from './chaos/coverage.ts';
import type { Executed } from './chaos/execute.ts';
import { labWorld } from './chaos/lab_world.ts';
import { simWorld } from './chaos/sim_world.ts';
import { trial } from './chaos/trial.ts';
import type { World } from './chaos/world.ts';
import { drawnSize } from './draw.ts';
import { LAB } from './lab.ts';

/**
 * Runs that are killed at any moment, beside each other, while VMs come and go, daemons end, lines are cut and disks
 * are full. After each seed the invariants of chaos/judge.ts hold.
 *
 * VIRTUNE_CHAOS_SEED replays one, VIRTUNE_CHAOS_SEEDS says how many at most. What happens is drawn from the seed; when things meet is up to the machine.
 */

const SEED = process.env.VIRTUNE_CHAOS_SEED;
const MOST = Number(process.env.VIRTUNE_CHAOS_SEEDS ?? Number.POSITIVE_INFINITY);
const seeds = ([whole, share]: readonly [number, number]): readonly string[] =>
  SEED === undefined
    ? Array.from({ length: Math.min(MOST, LONG ? whole : share) }, () => String(randomInt(2 ** 31)))
    : [SEED];
const replay = (seed: string, where: string) =>
  `VIRTUNE_CHAOS_SEED=${seed} npx vitest run --config test/vitest.config.ts --project e2e test/e2e/chaos.test.ts -t '${where}'`;

const SIMULATED = 'chaos on simulated hosts';
const REAL = 'chaos on real hypervisors';
/** Beside a watch, or two, which are killed and begun anew; with runs otherwise. */
const BESIDE = [
  { beside: 'runs', watched: false, simulated: [500, drawnSize(6, 4)], real: [50, 1] },
  { beside: 'watches', watched: true, simulated: [150, 2], real: [20, 1] },
] as const;

/** How long watches took, for whoever wants to know. */
const settled: number[] = [];
const note = ({ settledMs }: Executed): void => {
  if (settledMs !== null) settled.push(settledMs);
};
afterAll(() => {
  const all = settled.toSorted((a, b) => a - b);
  if (LONG) console.info(JSON.stringify(Object.fromEntries(coverage)));
  if (LONG && all.length > 0)
    console.info(
      `after ${all.length} seeds all was as watches declare: median ${all[all.length >> 1]} ms, longest ${all.at(-1)} ms`,
    );
});

const coverage: Coverage = new Map();
/** How often a whole suite, or so many seeds, must have met each kind. */
const OFTEN = 5;
const ENOUGH = 100;

describe(SIMULATED, { concurrent: true }, () => {
  /** Those that no seed is played in. */
  const idle: World[] = [];
  afterAll(() => Promise.all(idle.map((world) => world.close())));

  for (const { beside, watched, simulated } of BESIDE)
    it.each(seeds(simulated))(`beside ${beside}: seed %s`, { timeout: 900_000 }, async (seed) => {
      const world = idle.pop() ?? (await simWorld());
      try {
        const again = replay(seed, `${SIMULATED} beside ${beside}`);
        note(await trial(world, seed, { replay: again, coverage, watched }));
      } finally {
        idle.push(world);
      }
    });
});

describe.skipIf(LAB === '')(REAL, { concurrent: false }, () => {
  let world: World;
  beforeAll(async () => {
    world = await labWorld();
  });
  afterAll(() => world.close());

  for (const { beside, watched, real } of BESIDE)
    it.each(seeds(real))(`beside ${beside}: seed %s`, { timeout: 900_000 }, async (seed) => {
      const again = replay(seed, `${REAL} beside ${beside}`);
      note(await trial(world, seed, { replay: again, coverage, watched }));
    });
});

it.runIf(LONG && SEED === undefined && MOST >= ENOUGH)('chaos has met every kind of end often', () => {
  const seldom = KINDS.filter((kind) => (coverage.get(kind) ?? 0) < OFTEN);
  expect(seldom, JSON.stringify(Object.fromEntries(coverage), null, 1)).toEqual([]);
});
