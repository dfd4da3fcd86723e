import type { Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { type GroupWords, groupText } from '../shared/group_text.ts';
import { formatBytes } from './amounts.ts';
import { kindWords } from './decide.ts';
import { type Kind, numberOf, settingsOf, WAYS } from './settings.ts';

/** What people read of a disk. */
export const diskText: ModuleText = groupText([wordsOf('bytes'), wordsOf('iops')], {
  detail: ({ device, group }) => `${device}${group === '' ? '' : `, group ${group}`}`,
  columns: ['bytes', 'iops'],
});

function wordsOf(kind: Kind): GroupWords {
  const short = (values: Values) => shortOf(kind, values);
  return {
    name: kind,
    settings: settingsOf(kind).map(({ name }) => name),
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
