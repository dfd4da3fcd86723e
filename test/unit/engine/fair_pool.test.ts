import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fairPool } from '../../../src/engine/fair_pool.ts';

/** Works that the test ends one by one. */
function setUp(atOnce: number) {
  const pool = fairPool(atOnce);
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const add = (name: string, ...resources: string[]): Promise<string> =>
    pool(resources, () => {
      started.push(name);
      return new Promise((done) => ends.set(name, () => done(name)));
    });
  const end = async (name: string): Promise<void> => {
    ends.get(name)?.();
    await new Promise(setImmediate);
  };
  return { add, end, started };
}

const turn = () => new Promise(setImmediate);
const numbers = (count: number) => Array.from({ length: count }, (_, index) => index);

describe('turns', () => {
  it('are in order where nothing is shared', async () => {
    const { add, end, started } = setUp(2);
    for (const name of ['a', 'b', 'c', 'd']) void add(name, name);
    await turn();
    expect(started).toEqual(['a', 'b']);
    await end('b');
    await end('a');
    expect(started).toEqual(['a', 'b', 'c', 'd']);
  });

  it('are in order with one at a time, whatever is shared', async () => {
    const { add, end, started } = setUp(1);
    const names = ['a', 'b', 'c', 'd'];
    for (const [index, name] of names.entries()) void add(name, index % 2 ? 'x' : 'y', name);
    for (const name of names) {
      await turn();
      expect(started.at(-1)).toBe(name);
      await end(name);
    }
  });

  it('behind what hangs are one, as long as others wait', async () => {
    const { add, end, started } = setUp(5);
    for (const index of numbers(100)) void add(`sick-${index}`, 'bastion', `sick-${index}`);
    for (const index of numbers(20)) void add(`well-${index}`, `well-${index}`);
    await turn();
    for (const index of numbers(20)) {
      expect(started.filter((name) => name.startsWith('sick'))).toHaveLength(index > 16 ? index - 15 : 1);
      await end(`well-${index}`);
    }
    expect(started.filter((name) => name.startsWith('sick'))).toHaveLength(5);
  });

  it('behind one of two hops leave room for those behind the other', async () => {
    const { add, started } = setUp(4);
    for (const index of numbers(10)) void add(`x${index}`, 'outer', 'x');
    for (const index of numbers(10)) void add(`y${index}`, 'outer', 'y');
    await turn();
    expect(started).toEqual(['x0', 'y0', 'x1', 'y1']);
  });

  it('cost little, however many wait behind one jump host', async () => {
    const hosts = 400;
    let looks = 0;
    const counted = (resources: string[]) =>
      new Proxy(resources, {
        get: (list, name, self) => {
          looks++;
          return Reflect.get(list, name, self);
        },
      });
    const pool = fairPool(4);
    await Promise.all(numbers(hosts).map((index) => pool(counted(['bastion', `h${index}`]), turn)));
    expect(looks / hosts).toBeLessThan(40);
  });

  it('are those of whoever looks at all that wait: the first of those that share the least', async () => {
    const names = fc.constantFrom('a', 'b', 'c', 'd');
    const works = fc.array(fc.array(names, { maxLength: 3 }), { maxLength: 30 });
    await fc.assert(
      fc.asyncProperty(works, fc.integer({ min: 1, max: 4 }), async (list, atOnce) => {
        const { add, end, started } = setUp(atOnce);
        for (const [index, resources] of list.entries()) void add(`${index}`, ...resources);
        await turn();
        // Those with the same resources are one queue, in the place of the first of them that is left.
        let left = list.map((resources, index) => ({ name: `${index}`, resources }));
        const running: typeof left = [];
        const expected: string[] = [];
        const begin = (): void => {
          while (running.length < atOnce && left.length > 0) {
            const inUse = running.flatMap(({ resources }) => resources);
            const uses = ({ resources }: (typeof left)[number]) =>
              resources.reduce((sum, one) => sum + inUse.filter((other) => other === one).length, 0);
            const fewest = Math.min(...left.map(uses));
            const places = left.map(({ resources }) => list.findIndex((one) => `${one}` === `${resources}`));
            const fitting = left.filter((one) => uses(one) === fewest);
            const next = fitting.sort(
              (one, two) => (places[left.indexOf(one)] ?? 0) - (places[left.indexOf(two)] ?? 0),
            )[0];
            if (next === undefined) return;
            left = left.filter((one) => one !== next);
            running.push(next);
            expected.push(next.name);
          }
        };
        begin();
        while (running.length > 0) {
          expect(started).toEqual(expected);
          await end(running.shift()?.name ?? '');
          begin();
        }
        expect(started).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('each come once, never more than so many at a time, failures included', async () => {
    const works = fc.array(
      fc.tuple(fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }), fc.boolean()),
    );
    await fc.assert(
      fc.asyncProperty(works, fc.integer({ min: 1, max: 5 }), async (list, atOnce) => {
        const pool = fairPool(atOnce);
        let [running, most, runs] = [0, 0, 0];
        const outcomes = await Promise.allSettled(
          list.map(([resources, fails], index) =>
            pool(resources, async () => {
              runs++;
              running++;
              most = Math.max(most, running);
              await turn();
              running--;
              if (fails) throw new Error(`${index}`);
              return index;
            }),
          ),
        );
        expect(most).toBeLessThanOrEqual(atOnce);
        expect(runs).toBe(list.length);
        expect(outcomes.map((one) => (one.status === 'fulfilled' ? one.value : one.reason.message))).toEqual(
          list.map(([, fails], index) => (fails ? `${index}` : index)),
        );
      }),
      { numRuns: 50 },
    );
  });
});
