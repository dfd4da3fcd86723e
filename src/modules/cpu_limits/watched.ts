import type { Watched } from '../module.ts';

/** The elements of `<cputune>` that settings stand for. */
const WORDS: Readonly<Record<string, string>> = {
  'cpu_quota.quota': 'quota',
  'cpu_quota.period': 'period',
  'cpu_total.quota': 'global_quota',
  'cpu_total.period': 'global_period',
  cpu_shares: 'shares',
};

/** A description of a running VM keeps the period of a quota that was taken away. */
export const cpuWatched: Watched = {
  element: 'domain',
  keep: Object.values(WORDS).map((word) => `domain/cputune/${word}`),
  key: () => '',
  word: (setting) => WORDS[setting] ?? setting,
};
