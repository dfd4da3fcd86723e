import type { Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { groupText } from '../shared/group_text.ts';
import type { GroupWords } from '../shared/group_words.ts';
import { formatBytes } from '../shared/io_amounts.ts';
import { GROUP, groupOf, type Kind, numberOf, settingsOf, WAYS } from './settings.ts';
import { kindWords } from './words.ts';

/** What people read of a disk. */
export const diskText: ModuleText = groupText([wordsOf('bytes'), wordsOf('iops'), groupWords()], {
  detail: ({ device, filters }) => `${device}${filters === '' ? '' : `, throttle filters ${filters}`}`,
  columns: ['bytes', 'iops', 'group'],
});

function groupWords(): GroupWords {
  const short = (values: Values) => groupOf(values) || 'none';
  return {
    name: 'group',
    settings: [GROUP],
    title: 'group',
    sentence: (values) => {
      const group = groupOf(values);
      return group === '' ? 'shares its limits with no disk' : `shares its limits in the group ${group}`;
    },
    short,
    numbers: short,
    words: (values) => (groupOf(values) === '' ? 'no group' : `--group-name ${groupOf(values)}`),
  };
}

function wordsOf(kind: Kind): GroupWords {
  const short = (values: Values) => shortOf(kind, values);
  return {
    name: kind,
    settings: settingsOf(kind).map(({ name }) => name),
    title: kind,
    sentence: (values) =>
      short(values) === 'unlimited' ? `has no limit of ${kind}` : `does at most ${short(values)}`,
    short,
    numbers: short,
    words: (values) => kindWords(kind, values).join(' '),
  };
}

/** `50 MB/s (bursts 100 MB/s for 5 s)`; every number that is set is in it. */
export function shortOf(kind: Kind, values: Values): string {
  const amount = (value: number) => (kind === 'bytes' ? `${formatBytes(value)}/s` : `${value} op/s`);
  const parts = WAYS.flatMap((way) => {
    const [base, max, length] = ['', '_max', '_max_length'].map((end) =>
      numberOf(values, `${way}_${kind}_sec${end}`),
    );
    if (base == null && max == null) return [];
    const burst = max == null ? '' : ` (bursts ${amount(max)} for ${length ?? 1} s)`;
    return [`${way === 'total' ? '' : `${way} `}${base == null ? 'unlimited' : amount(base)}${burst}`];
  });
  const size = kind === 'iops' ? numberOf(values, 'size_iops_sec') : null;
  const all = [...parts, ...(size === null ? [] : [`counted each ${formatBytes(size)}`])];
  return all.join(', ') || 'unlimited';
}
