import { randomInt } from 'node:crypto';
import { afterAll, describe, expect, it } from 'vitest';
import { LONG } from '../long.ts';
import { drawnSize } from './draw.ts';
import { LAB, play } from './lab.ts';
import { drift } from './soak/change.ts';
import { type Coverage, count, KINDS } from './soak/coverage.ts';
import { drawFrom } from './soak/draw.ts';
import { create, drawFleet, wipe } from './soak/fleet.ts';
import { askOracle, HOSTS, lookAtAll } from './soak/hosts.ts';
import { judge } from './soak/judge.ts';
import { drawSet } from './soak/play.ts';

/**
 * Random rules over random VMs of real hosts that change all the while. After each run an oracle that shares no code
 * with virtune (soak/oracle.py on what soak/look.py reads with plain virsh), the report, the hosts and a second run
 * agree.
 *
 * A chapter is so many sets of rules, one after the other, over VMs of its own. VIRTUNE_SOAK_SEED and
 * VIRTUNE_SOAK_CHAPTER replay one; VIRTUNE_LONG=1 (`npm run test:long`) runs all chapters, else there is one, and CI
 * plays half of it.
 */

const SEED = process.env.VIRTUNE_SOAK_SEED ?? String(randomInt(2 ** 31));
const CHAPTER = process.env.VIRTUNE_SOAK_CHAPTER;
const WHOLE = CHAPTER === undefined && LONG;
const SETS = drawnSize(10, 5);
const chapters = WHOLE ? Array.from({ length: 30 }, (_, index) => index + 1) : [Number(CHAPTER ?? 1)];
/** How often a whole soak must have seen each kind of rule and of VM. */
const OFTEN = 10;

describe.skipIf(LAB === '')('random rules over random VMs', { concurrent: false }, () => {
  const coverage: Coverage = new Map();
  afterAll(async () => {
    await Promise.all(HOSTS.map(wipe));
  });

  it.each(chapters)(`chapter %i of VIRTUNE_SOAK_SEED=${SEED}`, { timeout: 900_000 }, async (chapter) => {
    const fleets = HOSTS.map((_, index) => drawFleet(drawFrom(`${SEED}/${chapter}/${index}`), index + 1));
    await Promise.all(
      HOSTS.map(async (host, index) => {
        await wipe(host);
        for (const guest of fleets[index]?.steady ?? []) await create(host, guest);
      }),
    );
    let looks = await lookAtAll();
    for (let number = 1; number <= SETS; number++) {
      const key = `${SEED}/${chapter}/set ${number}`;
      const drifts = HOSTS.map((host, index) =>
        drift(drawFrom(`${key}/${host}`), host, fleets[index]!, looks[host]!),
      );
      await Promise.all(drifts);
      const draw = drawFrom(key);
      const before = await lookAtAll();
      const set = drawSet(draw, before);
      const run = (...options: string[]) => play(set.written, ...set.options, ...options);
      try {
        const rewrite = draw.chance(0.15);
        const again = rewrite ? ['--rewrite'] : [];
        const oracle = await askOracle(set, before, rewrite);
        count(coverage, set, oracle, before, rewrite);
        // What a dry run wrote would be missing from the changes of the next run.
        if (draw.chance(0.2))
          judge({ set, oracle, before, after: before, played: await run('-C', ...again), check: true });
        const played = await run(...again);
        const second = await run('-C');
        const after = await lookAtAll();
        judge({ set, oracle, before, after, played, check: false });
        const settled = await askOracle(set, after);
        judge({ set, oracle: settled, before: after, after, played: second, check: true });
        looks = after;
      } catch (error) {
        const replay = `VIRTUNE_SOAK_SEED=${SEED} VIRTUNE_SOAK_CHAPTER=${chapter} npx vitest run --config test/vitest.config.ts --project e2e test/e2e/soak.test.ts`;
        (error as Error).message +=
          `\nset ${number} of chapter ${chapter}; to replay: ${replay}\n${set.text}`;
        throw error;
      }
    }
  });

  it.runIf(WHOLE)('has seen every kind of rule and of VM often', () => {
    const seldom = KINDS.filter((kind) => (coverage.get(kind) ?? 0) < OFTEN);
    expect(seldom, JSON.stringify(Object.fromEntries(coverage), null, 1)).toEqual([]);
  });
});
