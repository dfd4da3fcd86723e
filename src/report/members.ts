import { groupBy } from '../base/group.ts';
import { oneOf, printable } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import { foldNames } from './fold.ts';
import type { Member } from './groups.ts';
import { subjectName } from './text.ts';
import { type Layout, wrapWords } from './wrap.ts';

/**
 * The subjects of a group by their hosts, hosts with the same ones together; where that is more than the layout has
 * lines for, all hosts and all subjects by themselves.
 */
export function memberLines(members: readonly Member[], layout: Layout): string[] {
  const byHost = groupBy(members, ({ host }) => host);
  if (byHost.size === 1) return wrapWords(subjectWords(members), layout);
  const rows = [...byHost].map(([host, own]) => ({ host, words: subjectWords(own) }));
  const lines = [...groupBy(rows, ({ words }) => JSON.stringify(words)).values()].flatMap((alike) => {
    const hosts = foldNames(alike.map(({ host }) => host));
    return wrapWords([...listed(hosts, ':'), ...alike[0].words], { ...layout, lines: Infinity });
  });
  const { lines: most = Infinity, indent } = layout;
  if (lines.length <= most) return lines;
  // Names that several hosts have do not say which of them is meant where.
  const exact = new Set(members.map(({ change }) => subjectName(change))).size === members.length;
  const half = Math.max(1, Math.floor(most / 2));
  const hosts = wrapWords(['on', ...listed(foldNames(byHost.keys()), ':')], { ...layout, lines: half });
  const rest = Math.max(1, most - hosts.length);
  const [first = '', ...more] = subjectWords(members);
  const words = [exact ? first : `among ${first}`, ...more];
  return [...hosts, ...wrapWords(words, { ...layout, indent: indent + 2, lines: rest })];
}

/** `nic 2` before `nic 10`. Made where there is something to sort: the first one takes 6 ms. */
function byNumber(labels: readonly string[]): readonly string[] {
  if (labels.length < 2) return labels;
  return labels.toSorted(new Intl.Collator('en', { numeric: true }).compare);
}

/** `nic 1 of web-[01:07], api-3; db-1 nic 1 and nic 2`, in pieces that stay together. */
function subjectWords(members: readonly Member[]): string[] {
  const vms = [...groupBy(members, ({ change }) => change.domain.name)].map(([name, own]) => {
    const labels = [...new Set(own.map(({ change }) => labelOf(change)))];
    return { name, label: oneOf(byNumber(labels), 'and') };
  });
  const parts = [...groupBy(vms, ({ label }) => label)].map(([label, alike]) => {
    const [first = '', ...rest] = foldNames(alike.map(({ name }) => name));
    if (alike.length === 1) return [`${first} ${label}`.trimEnd()];
    return [`${label === '' ? '' : `${label} of `}${first}`, ...rest];
  });
  return parts.flatMap((part, index) => listed(part, index < parts.length - 1 ? ';' : ''));
}

/** Nothing where a VM has only one of the kind: the count of them has said that already. */
function labelOf({ subject: { kind, label } }: Change): string {
  return label === kind ? '' : printable(label);
}

/** Words with commas between them. */
export function listed(words: readonly string[], end = ''): string[] {
  return words.map((word, index) => `${word}${index < words.length - 1 ? ',' : end}`);
}

/** `hv[01:20]: ok (5 NICs in sync)`; the names last where they are too many for a line. */
export function namedRow(names: readonly string[], text: string, layout: Omit<Layout, 'indent'>): string[] {
  const folded = foldNames(names);
  const whole = wrapWords([...listed(folded, ':'), text], { ...layout, indent: 0 });
  return whole.length <= 1 ? whole : wrapWords([`${text}:`, ...listed(folded)], { ...layout, indent: 0 });
}
