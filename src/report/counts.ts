import { plural } from '../base/text.ts';
import type { HostResult } from '../model/result.ts';
import { SUBJECT_STATUSES, type SubjectStatus } from '../model/status.ts';
import { MODULES } from '../modules/index.ts';
import { type Paint, SUBJECT_LOOK } from './style.ts';
import { type KindCounts, summarise } from './summary.ts';

/** What is to be done comes first, what nobody asked for last. */
const COUNTED: readonly SubjectStatus[] = [
  'pending',
  'changed',
  ...SUBJECT_STATUSES.filter((status) => !['pending', 'changed', 'unmanaged'].includes(status)),
  'unmanaged',
];

/** `(5 NICs to change, 15 in sync, 20 not managed)`: the numbers of a kind add up to what the VMs that were read have of it. */
export function hostCounts(host: HostResult): string {
  const kinds = Object.entries(summarise([host]).resources);
  if (kinds.every(([, { total }]) => total === 0) && host.error !== undefined) return '';
  const parts = kinds.map(([kind, counts]) => {
    const [first, ...more] = COUNTED.filter((status) => counts[status] > 0);
    const [one, many] = kindForms(kind);
    if (first === undefined) return `no ${many}`;
    const begin = `${plural(counts[first], one, many)} ${SUBJECT_LOOK[first].words}`;
    return [begin, ...more.map((status) => `${counts[status]} ${SUBJECT_LOOK[status].words}`)].join(', ');
  });
  const notRead = Math.max(0, ...kinds.map(([, counts]) => counts.vmsNotRead));
  if (notRead > 0) parts.push(`${plural(notRead, 'VM')} not read`);
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}

/**
 * `40 in all: 5 to change, 15 in sync, 20 not managed`; where not every VM was read, what those that were have:
 * `1 to change, 1 not managed; 12 VMs not read`.
 */
export function kindTotals(counts: KindCounts, paint: Paint): string {
  const parts = COUNTED.filter((status) => counts[status] > 0).map((status) =>
    paint(SUBJECT_LOOK[status].format, `${counts[status]} ${SUBJECT_LOOK[status].words}`),
  );
  const all = parts.join(', ');
  if (counts.vmsNotRead > 0) return `${all || 'none'}; ${plural(counts.vmsNotRead, 'VM')} not read`;
  return `${counts.total} in all${all && `: ${all}`}`;
}

/** `NICs` */
export function kindWords(kind: string): string {
  return kindForms(kind)[1];
}

function kindForms(kind: string): readonly [string, string] {
  const words = MODULES.find((module) => module.kind === kind)?.words;
  return [words?.one ?? kind, words?.many ?? kind];
}
