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

/** What does not count although it went wrong: `1 failed (ignored)`, `3 failed (1 ignored)`. */
export function ignoredWords(count: number, ignored: number): string {
  if (ignored === 0) return '';
  return ignored === count ? ' (ignored)' : ` (${ignored} ignored)`;
}

/** How many subjects of each kind and status do not count, each once for a hypervisor; what cannot be limited has a line of its own. */
export function ignoredSubjects(
  hosts: readonly HostResult[],
): (kind: string, status: SubjectStatus) => number {
  const seen = new Set<string>();
  const numbers = new Map<string, number>();
  for (const { hypervisor, resources } of hosts)
    for (const { ignored, status, domain, subject } of resources) {
      const key = JSON.stringify([hypervisor, domain.uuid, subject.kind, subject.key]);
      if (ignored !== true || status === 'unsupported' || seen.has(key)) continue;
      seen.add(key);
      const of = `${subject.kind} ${status}`;
      numbers.set(of, (numbers.get(of) ?? 0) + 1);
    }
  return (kind, status) => numbers.get(`${kind} ${status}`) ?? 0;
}

/** `(5 NICs to change, 15 in sync, 20 not managed)`: the numbers of a kind add up to what the VMs that were read have of it. */
export function hostCounts(host: HostResult): string {
  const kinds = Object.entries(summarise([host]).resources);
  if (kinds.every(([, { total }]) => total === 0) && host.error !== undefined) return '';
  const ignored = ignoredSubjects([host]);
  const parts = kinds.map(([kind, counts]) => {
    const words = (status: SubjectStatus) =>
      `${SUBJECT_LOOK[status].words}${ignoredWords(counts[status], ignored(kind, status))}`;
    const [first, ...more] = COUNTED.filter((status) => counts[status] > 0);
    const [one, many] = kindForms(kind);
    if (first === undefined) return `no ${many}`;
    const begin = `${plural(counts[first], one, many)} ${words(first)}`;
    return [begin, ...more.map((status) => `${counts[status]} ${words(status)}`)].join(', ');
  });
  const notRead = Math.max(0, ...kinds.map(([, counts]) => counts.vmsNotRead));
  if (notRead > 0) parts.push(`${plural(notRead, 'VM')} not read`);
  return parts.length === 0 ? '' : `(${parts.join('; ')})`;
}

/**
 * `40 in all: 5 to change, 15 in sync, 20 not managed`; where not every VM was read, what those that were have:
 * `1 to change, 1 not managed; 12 VMs not read`.
 */
export function kindTotals(
  counts: KindCounts,
  paint: Paint,
  ignored: (status: SubjectStatus) => number = () => 0,
): string {
  const parts = COUNTED.filter((status) => counts[status] > 0).map((status) =>
    paint(
      SUBJECT_LOOK[status].format,
      `${counts[status]} ${SUBJECT_LOOK[status].words}${ignoredWords(counts[status], ignored(status))}`,
    ),
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
