import { groupBy } from '../base/group.ts';
import { plural, printable } from '../base/text.ts';
import type { Change } from '../model/change.ts';
import type { HostResult } from '../model/result.ts';
import { anonymous } from './anonymous.ts';
import { foldNames } from './fold.ts';
import { groupLines } from './group_lines.ts';
import { type Group, groupChanges, isWritten } from './groups.ts';
import { listed, namedRow } from './members.ts';
import type { Part } from './parts.ts';
import { errorBelow, errorOf } from './remedies.ts';
import { HOST_LOOK } from './style.ts';
import { hostHead, hostWords, ruleText, type TextOptions } from './text.ts';
import { listWidth, painted, wrapText, wrapWords } from './wrap.ts';

/** Of a screen of 50 lines, what is there for changes. */
const SCREEN = 40;

/** So many different differences. */
const MOST_CHANGES = 20;

/** So many lines for the names of one group, however much room there is. */
const MOST_NAMES = 8;

/** So many lines for hosts; where more are needed, hosts are told apart by their status alone. */
const MOST_HOSTS = 10;

/** So many lines then for hosts in order that have one status. */
const MOST_ROWS = 3;

/**
 * What a run has to say of all its hosts, in the order in which they are given: what is equal is told once. Differences
 * by the rules that decided, then whatever went wrong, with all names; the hosts last.
 */
export function overview(hosts: readonly HostResult[], options: TextOptions): readonly Part[] {
  const groups = groupChanges(hosts, MOST_CHANGES);
  const changes = groups.filter(({ members: [{ change }] }) => isWritten(change));
  const others = groups.filter((group) => !changes.includes(group));
  const sections = [
    ...ruleSections(changes, options),
    { lines: others.flatMap((group) => groupLines(group, options, { indent: 0, lines: Infinity })) },
    { lines: hostErrors(hosts, options) },
    { lines: hostNotes(hosts, options) },
    // The totals say the same of a single host.
    { lines: hosts.length > 1 ? hostList(hosts, options) : [] },
  ];
  return sections
    .filter(({ lines }) => lines.length > 0)
    .flatMap((part) => [part, { lines: [''] }])
    .slice(0, -1);
}

/** The differences under the rules that they come from. */
function ruleSections(changes: readonly Group[], options: TextOptions): Part[] {
  const { paint, columns } = options;
  const lines = Math.min(MOST_NAMES, Math.max(1, Math.floor((SCREEN - changes.length) / changes.length)));
  const byRules = groupBy(changes, ({ members: [{ change }] }) => headOf(change));
  return inOrderOfFiles([...byRules]).map(([rules, own]) => {
    const indent = rules === '' ? 0 : 2;
    const texts = own.flatMap((group) => groupLines(group, options, { indent, lines }));
    return rules === ''
      ? { lines: texts }
      : { lines: [...painted(wrapText(rules, 0, columns), paint, 'bold'), ...texts], foldable: true };
  });
}

/** As the rules that decide first stand in their files, whichever host is told first. */
function inOrderOfFiles(sections: readonly (readonly [string, readonly [Group, ...Group[]]])[]) {
  const ruleOf = ([, [{ members }]]: (typeof sections)[number]) => members[0].change.rules[0];
  const files = [...new Set(sections.map((section) => ruleOf(section)?.file ?? ''))];
  const place = (section: (typeof sections)[number]) => {
    const { file = '', line = 0 } = ruleOf(section) ?? {};
    return [files.indexOf(file), line] as const;
  };
  return sections.toSorted((a, b) => {
    const [[fileA, lineA], [fileB, lineB]] = [place(a), place(b)];
    return fileA - fileB || lineA - lineB;
  });
}

/** Nothing for the one rule of a command: it says no more than the command itself. */
function headOf(change: Change): string {
  if (change.rules.length === 0) return 'not named by any rule';
  return change.rules.every(({ file }) => file === '') ? '' : ruleText(change);
}

/** What went wrong with hosts as a whole, each error once. */
function hostErrors(hosts: readonly HostResult[], { paint, columns }: TextOptions): string[] {
  const told = hosts.flatMap((host) => {
    const error = errorOf(host);
    return error === undefined ? [] : [{ host, error, key: anonymous(error, host) }];
  });
  return [
    ...groupBy(told, ({ host, key }) => JSON.stringify([host.status, host.ignored ?? false, key])).values(),
  ].flatMap((alike) => {
    const [{ host, error, key }, ...rest] = alike;
    const { words, format } = HOST_LOOK[host.status];
    const who = rest.length === 0 ? printable(host.name) : plural(alike.length, 'host');
    const shared = rest.every((one) => one.error === error) ? error : key;
    const text = rest.length === 0 ? (errorBelow(host) ?? error) : shared;
    const names = listed(foldNames(alike.map((one) => one.host.name)));
    return [
      `${paint(format, `! ${who}`)} ${words}${host.ignored ? ' (ignored)' : ''}`,
      ...painted(wrapText(printable(text), 4, columns), paint, format),
      ...(rest.length === 0 ? [] : wrapWords(names, { width: listWidth(columns), indent: 4 })),
    ];
  });
}

/** What is worth knowing of hosts as a whole, each note once. */
function hostNotes(hosts: readonly HostResult[], { paint, columns }: TextOptions): string[] {
  const told = hosts.flatMap((host) =>
    (host.notes ?? []).map((note) => ({ host, note, key: anonymous(note, host) })),
  );
  return [...groupBy(told, ({ key }) => key).values()].flatMap((alike) => {
    const [{ note, key }, ...rest] = alike;
    const text = rest.every((one) => one.note === note) ? note : key;
    const names = listed(foldNames(alike.map(({ host }) => host.name)), ':');
    return [
      ...wrapWords(['note on', ...names], { width: listWidth(columns), indent: 0 }),
      ...painted(wrapText(printable(text), 4, columns), paint, 'dim'),
    ];
  });
}

/** Every host with its status and its counts, those with the same ones together; without counts where that is long. */
function hostList(hosts: readonly HostResult[], options: TextOptions): string[] {
  const { columns, check, paint } = options;
  const width = listWidth(columns);
  const byText = groupBy(hosts, (host) => hostHead(host, options));
  const told = [...byText].flatMap(([text, alike]) =>
    namedRow(namesOf(alike), text, { width, lines: Infinity }),
  );
  if (told.length <= MOST_HOSTS) return told;
  const byStatus = groupBy(hosts, (host) => hostWords(host, check));
  return [...byStatus].flatMap(([words, alike]) => {
    const [{ status }] = alike;
    const text = `${paint(HOST_LOOK[status].format, words)} (${plural(alike.length, 'host')})`;
    const fine = status === 'ok' || status === 'changed';
    return fine ? namedRow(namesOf(alike), text, { width, lines: MOST_ROWS }) : [`${text}: named above`];
  });
}

function namesOf(hosts: readonly HostResult[]): string[] {
  return hosts.map(({ name }) => name);
}
