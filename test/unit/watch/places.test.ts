import { expect, it } from 'vitest';
import { places } from '../../../src/watch/places.ts';

const never = new Promise<void>(() => {});

it('runs so many at once, in the order of the calls, and passes on what becomes of them', async () => {
  const turn = places(2, 60_000);
  const order: number[] = [];
  let [running, most] = [0, 0];
  const work = async (nth: number) => {
    order.push(nth);
    most = Math.max(most, ++running);
    await new Promise((resolve) => setImmediate(resolve));
    running--;
    if (nth === 3) throw new Error('three');
    return nth;
  };
  const all = await Promise.allSettled([1, 2, 3, 4, 5].map((nth) => turn(() => work(nth))));
  expect(all.map((one) => (one.status === 'fulfilled' ? one.value : String(one.reason)))).toEqual([
    1,
    2,
    'Error: three',
    4,
    5,
  ]);
  expect([order, most]).toEqual([[1, 2, 3, 4, 5], 2]);
});

it('gives the place of what is slow to the next, and still passes on what becomes of it', async () => {
  const turn = places(1, 1);
  void turn(() => never);
  void turn(() => never);
  let finish = (_: string): void => {};
  const slow = turn(
    () =>
      new Promise<string>((resolve) => {
        finish = resolve;
      }),
  );
  expect(await turn(async () => 'quick')).toBe('quick');
  finish('slow');
  expect(await slow).toBe('slow');
});

it('gives a place back after work that failed at once', async () => {
  const turn = places(1, 60_000);
  const broken = turn(() => {
    throw new Error('broken');
  });
  await expect(broken).rejects.toThrow('broken');
  expect(await turn(async () => 'next')).toBe('next');
});
