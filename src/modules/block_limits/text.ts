import type { Throttle } from '../../facts/blkiotune.ts';
import type { Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { groupText } from '../shared/group_text.ts';
import type { GroupWords } from '../shared/group_words.ts';
import { formatBytes } from '../shared/io_amounts.ts';
import { isBytes } from './settings.ts';

/** What people read of a block device. */
export const blockText: ModuleText = groupText(
  [
    wordsOf('read_bytes_sec', 'reads', ''),
    wordsOf('write_bytes_sec', 'writes', ''),
    wordsOf('read_iops_sec', 'reads', 'operations'),
    wordsOf('write_iops_sec', 'writes', 'operations'),
  ],
  { detail: () => 'of the host', columns: ['reads', 'writes', 'read ops', 'write ops'] },
);

function wordsOf(name: Throttle, verb: string, what: string): GroupWords {
  const short = (values: Values) => shortOf(name, values);
  return {
    name,
    settings: [name],
    title: isBytes(name) ? verb : `${name.split('_')[0]} ops`,
    sentence: (values) =>
      short(values) === 'unlimited'
        ? `${verb} without limit${what === '' ? ' of bytes' : ` of ${what}`}`
        : `${verb} at most ${short(values)}`,
    short,
    numbers: (values) =>
      typeof values[name] === 'number' ? `${values[name]} (${short(values)})` : short(values),
    words: (values) => `--device-${name.replaceAll('_', '-')} ${values[name] ?? 0}`,
  };
}

/** `50 MB/s`, `500 op/s` */
export function shortOf(name: Throttle, values: Values): string {
  const value = values[name];
  if (typeof value !== 'number') return 'unlimited';
  return isBytes(name) ? `${formatBytes(value)}/s` : `${value} op/s`;
}
