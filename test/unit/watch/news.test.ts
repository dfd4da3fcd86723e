import { expect, it } from 'vitest';
import { watchNews } from '../../../src/watch/news.ts';
import { hostResult, nicChange } from '../reporters/results.ts';

const wrong = (name: string) => hostResult(name, { resources: [nicChange('failed')] });

it('tells a state that stays once, by inventory names, and again once it was another', () => {
  const news = watchNews(false);
  const names = (...hosts: ReturnType<typeof wrong>[]) =>
    news.looked('hv1', { hosts }).map(({ name }) => name);
  expect(names(wrong('a'), hostResult('b'))).toEqual(['a']);
  expect(names(wrong('a'), wrong('b'))).toEqual(['b']);
  expect(names(hostResult('a'), wrong('b'))).toEqual(['a']);
  expect(names(wrong('a'), wrong('b'))).toEqual(['a']);
});

it('tells once why a host was lost, until it was looked at', () => {
  const news = watchNews(false);
  expect([news.lost('hv1', 'gone'), news.lost('hv1', 'gone'), news.lost('hv1', 'hung')]).toEqual([
    true,
    false,
    true,
  ]);
  news.looked('hv1', { hosts: [] });
  expect(news.lost('hv1', 'hung')).toBe(true);
});

it('tells a garbled stream once, and again after ten minutes without', () => {
  let now = 0;
  const news = watchNews(false, () => now);
  const minutes = (at: number) => {
    now = at * 60_000;
    return news.garbled('hv1');
  };
  expect([minutes(0), minutes(9), minutes(18), minutes(29)]).toEqual([true, false, false, true]);
});

it('forgets a host that is watched no longer', () => {
  const news = watchNews(false);
  news.looked('hv1', { hosts: [wrong('a')] });
  news.lost('hv1', 'gone');
  news.left('hv1');
  expect(news.lost('hv1', 'gone')).toBe(true);
  expect(news.looked('hv1', { hosts: [wrong('a')] })).toHaveLength(1);
});
