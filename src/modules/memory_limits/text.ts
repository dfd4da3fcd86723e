import { formatSize } from '../../base/units.ts';
import type { Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { groupText } from '../shared/group_text.ts';
import type { GroupWords } from '../shared/group_words.ts';
import type { Limit } from './rule.ts';

/** What people read of a VM's memory. */
export const memoryText: ModuleText = groupText(
  [
    wordsOf('soft_limit', 'soft limit of memory'),
    wordsOf('hard_limit', 'hard limit of memory'),
    wordsOf('swap_hard_limit', 'limit of memory and swap'),
  ],
  { detail: ({ size }) => `${formatSize(Number(size))} of memory`, columns: ['soft', 'hard', 'with swap'] },
);

function wordsOf(name: Limit, what: string): GroupWords {
  const limit = (values: Values) => (typeof values[name] === 'number' ? values[name] : null);
  const short = (values: Values) => {
    const kib = limit(values);
    return kib === null ? 'unlimited' : formatSize(kib);
  };
  return {
    name,
    settings: [name],
    title: name.replaceAll('_', ' '),
    sentence: (values) => (limit(values) === null ? `has no ${what}` : `has a ${what} of ${short(values)}`),
    short,
    numbers: (values) => (limit(values) === null ? 'unlimited' : `${limit(values)} KiB (${short(values)})`),
    words: (values) => `--${name.replaceAll('_', '-')} ${limit(values) ?? -1}`,
  };
}
