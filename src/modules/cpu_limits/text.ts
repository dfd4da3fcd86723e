import { plural } from '../../base/text.ts';
import { type Bandwidth, DEFAULT_PERIOD } from '../../facts/cputune.ts';
import type { Values } from '../../model/change.ts';
import type { ModuleText } from '../module.ts';
import { groupText } from '../shared/group_text.ts';
import type { GroupWords } from '../shared/group_words.ts';
import { formatShare, formatTime } from './amounts.ts';
import { bandwidthOf, GROUPS } from './settings.ts';

/** What people read of a VM's CPU. */
export const cpuText: ModuleText = groupText(
  [quotaWords('cpu_quota', 'per vCPU'), quotaWords('cpu_total', 'in all'), sharesWords()],
  { detail: ({ vcpus }) => plural(Number(vcpus), 'vCPU'), columns: ['per vCPU', 'total', 'shares'] },
);

function quotaWords(name: 'cpu_quota' | 'cpu_total', of: string): GroupWords {
  const [{ settings, prefix }] = GROUPS.filter((group) => group.name === name) as [(typeof GROUPS)[number]];
  const has = (values: Values) => bandwidthOf(values, name);
  return {
    name,
    settings,
    title: of,
    sentence: (values) => {
      const limit = has(values);
      if (limit === null) return `gets CPU without limit ${of}`;
      return `gets at most ${formatShare(limit)} of a CPU ${of}${periodText(limit)}`;
    },
    short: (values) => {
      const limit = has(values);
      return limit === null ? 'unlimited' : `${formatShare(limit)}${periodText(limit)}`;
    },
    brief: (values) => {
      const limit = has(values);
      if (limit === null) return 'unlimited';
      const period = periodText(limit).replace(/^, /, '');
      return `${formatShare(limit)}${period && ` (${period})`}`;
    },
    numbers: (values) => {
      const limit = has(values);
      return limit === null ? 'unlimited' : `${limit.quota}/${limit.period} us (${formatShare(limit)})`;
    },
    words: (values) => {
      const limit = has(values);
      return limit === null
        ? `${prefix}_quota=-1`
        : `${prefix}_period=${limit.period} ${prefix}_quota=${limit.quota}`;
    },
  };
}

function periodText({ period }: Bandwidth): string {
  return period === DEFAULT_PERIOD ? '' : `, period ${formatTime(period)}`;
}

function sharesWords(): GroupWords {
  const short = ({ cpu_shares }: Values) => (typeof cpu_shares === 'number' ? String(cpu_shares) : 'default');
  return {
    name: 'cpu_shares',
    settings: ['cpu_shares'],
    title: 'shares',
    sentence: (values) => `has ${short(values)} CPU shares`,
    short,
    numbers: short,
    words: (values) => `cpu_shares=${short(values)}`,
  };
}
