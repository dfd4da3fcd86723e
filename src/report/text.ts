import { shellQuote } from '../base/quote.ts';
import { oneOf, plural, printable } from '../base/text.ts';
import { missingShards } from '../engine/merge_shards.ts';
import { type Change, commandLines } from '../model/change.ts';
import type { HostResult, RunResult, ShardRun } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import { baselineLines, causeText } from './causes.ts';
import { hostCounts, ignoredSubjects, ignoredWords, kindTotals, kindWords } from './counts.ts';
import { shownName } from './fold.ts';
import { hasNews, isToldOfHost, isWritten } from './groups.ts';
import { atLines, laterLines } from './later.ts';
import { errorBelow, remedyLines } from './remedies.ts';
import { EFFECT_LOOK, HOST_LOOK, type Look, type Paint, SUBJECT_LOOK } from './style.ts';
import { summarise } from './summary.ts';
import { untoldRules } from './unmatched.ts';
import { isSkipped, unsupportedLines } from './unsupported.ts';
import { waiverLines } from './waivers.ts';
import { painted, wrapText } from './wrap.ts';

/** What the terminal says. Everything that comes from a host is made printable here. */

export interface TextOptions {
  readonly check: boolean;
  /** The file of a saved plan, which is what is shown. */
  readonly plan?: string | undefined;
  /** The plan is saved after the view, and the command says what it has. */
  readonly saves?: boolean | undefined;
  /** Differences in full: both states, libvirt's numbers, rules and commands. */
  readonly diff: boolean;
  /** Name subjects in sync and rules too. */
  readonly verbose: boolean;
  /** The run changes something, or would: false where it only looks. */
  readonly ofChanges?: boolean;
  readonly paint: Paint;
  /** Of the terminal; undefined where there is none. */
  readonly columns?: number | undefined;
}

/** Of a host in check mode. */
export const WOULD_CHANGE = 'would change';

/** `web-01 nic 1`, the way that design and docs name a subject. */
export function subjectName({ domain, subject }: Change): string {
  return `${shownName(domain.name)} ${printable(subject.label)}`.trimEnd();
}

/** `would change (5 NICs to change, 15 in sync)` */
export function hostHead(host: HostResult, { paint, check }: TextOptions): string {
  return `${paint(HOST_LOOK[host.status].format, hostWords(host, check))} ${hostCounts(host)}`.trimEnd();
}

export function hostWords({ status, ignored }: HostResult, check: boolean): string {
  const words = status === 'changed' && check ? WOULD_CHANGE : HOST_LOOK[status].words;
  return ignored === true ? `${words} (ignored)` : words;
}

/** Everything of one host: a line of its own and one for each subject with news. */
export function hostLines(host: HostResult, options: TextOptions): string[] {
  const { paint } = options;
  const time = host.durationMs > 0 ? paint('dim', ` ${seconds(host.durationMs)}`) : '';
  const lines = [`${printable(host.name)}: ${hostHead(host, options)}${time}`];
  if (host.error !== undefined)
    lines.push(`    ${paint(HOST_LOOK[host.status].format, printable(errorBelow(host) ?? ''))}`);
  for (const note of host.notes ?? []) lines.push(`    ${paint('dim', `note: ${printable(note)}`)}`);
  return [...lines, ...host.resources.flatMap((change) => changeLines(change, host, options))];
}

function changeLines(change: Change, host: HostResult, options: TextOptions): string[] {
  const { paint, diff, verbose, columns } = options;
  const { status, reason } = change;
  const told = verbose || (hasNews(change) && !isToldOfHost(change, host)) || (diff && isSkipped(change));
  if (status === 'unmanaged' || !told) return [];
  const look = SUBJECT_LOOK[status];
  const { text } = moduleNamed(change.module);
  const written = isWritten(change);
  const { sign } = written ? EFFECT_LOOK[text.effect(change)] : look;
  const format = written ? EFFECT_LOOK[text.effect(change)].format : look.format;
  const news = written ? printable(text.sentence(change)) : look.words;
  const head = paint(format, `${sign} ${subjectName(change)}`);
  const lines = wrapText(news, 2, columns, written ? `${head}:` : head);
  const detail = (line: string, colour: Look['format']) =>
    lines.push(...painted(wrapText(line, 6, columns), paint, colour));
  if (reason !== undefined) detail(printable(reason), look.format);
  if (change.cause !== undefined) detail(`why: ${printable(causeText(change.cause))}`, 'dim');
  for (const note of change.notes ?? []) detail(`note: ${printable(note)}`, 'dim');
  if (change.next !== undefined) detail(`later: ${printable(change.next.text)}`, 'dim');
  const where = printable(text.detail(change.subject));
  detail(`${where}${where && '; '}${ruleText(change) || 'no rule names it'}`, 'dim');
  if (!diff || status === 'inSync') return lines;
  // Views break what is wider than a terminal, and leave commands whole.
  const whole = (line: string) => lines.push(`      ${line}`);
  for (const line of text.diff(change).map(printable))
    whole(line.startsWith('-') ? paint('red', line) : line.startsWith('+') ? paint('green', line) : line);
  for (const command of commandLines(change)) whole(paint('cyan', `$ ${command}`));
  return lines;
}

/** `rule "web tier" (inventory/group_vars/compute.yml:4)` for each rule that decided. */
export function ruleText({ rules }: Change): string {
  return rules
    .map((r) => printable(`rule "${r.name}"${r.file ? ` (${r.file}:${r.line})` : ''}`))
    .join(', then ');
}

/** The end of the view: rules that named nothing, and the recap in one line each for hosts and kinds. */
export function closingLines(
  result: RunResult,
  { paint, check, plan, saves, ofChanges }: TextOptions,
): string[] {
  const lost = missingShards(result);
  const lines: string[] = [
    ...(lost === '' ? [] : [paint('red', `error: ${lost}`)]),
    ...missingLines(result, paint),
  ];
  for (const rule of untoldRules(result)) {
    const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
    const text = printable(`rule "${rule.name}"${where} names nothing on the hosts that were read`);
    lines.push(rule.required ? paint('red', `error: required ${text}`) : paint('yellow', `warning: ${text}`));
  }
  lines.push(...baselineLines(result, paint), ...waiverLines(result, paint));
  // A table has it at each subject.
  if (ofChanges !== false) lines.push(...laterLines(result, paint));
  lines.push(...atLines(result, paint));
  const { hosts, resources } = summarise(result.hosts);
  const looks = check ? { ...HOST_LOOK, changed: { ...HOST_LOOK.changed, words: WOULD_CHANGE } } : HOST_LOOK;
  const ignored = ignoredSubjects(result.hosts);
  const rows: (readonly [string, string])[] = [
    ['hosts', hostTotals(result.hosts, hosts, looks, paint)] as const,
    ...Object.entries(resources).map(
      ([kind, numbers]) =>
        [
          kindWords(kind),
          ofChanges === false
            ? `${numbers.total} in all`
            : kindTotals(numbers, paint, (status) => ignored(kind, status)),
        ] as const,
    ),
  ];
  if (result.shard !== undefined) rows.push(['shard', shardText(result, result.shard)]);
  if (ofChanges !== false) rows.push(['time', paint('dim', timeText(result))]);
  const width = Math.max(...rows.map(([title]) => title.length)) + 1;
  lines.push('', ...rows.map(([title, text]) => `${`${title}:`.padEnd(width)} ${text}`));
  lines.push(...unsupportedLines(result, paint), ...remedyLines(result, paint));
  if (
    check &&
    saves !== true &&
    ofChanges !== false &&
    Object.values(resources).some(({ pending }) => pending > 0)
  )
    lines.push('', checkText(plan));
  return lines;
}

/** How what a check has found is made. */
function checkText(plan: string | undefined): string {
  if (plan === undefined) return 'Check mode: nothing was written. Run without --check to apply.';
  return `Nothing was written to any host. virtune apply ${printable(shellQuote(plan))} makes these changes.`;
}

/** `3 of 8, with 12 of the inventory's 100 hosts` */
function shardText({ hosts }: RunResult, { index, count, inventoryHosts }: ShardRun): string {
  const part = `${index} of ${count}, with ${hosts.length} of the ${plural(inventoryHosts, 'host')} of the inventory`;
  return `${part}; whether rules name anything virtune report merge tells`;
}

/** Durations stand by themselves, so that all else of two runs can be compared. */
function timeText({ startedAt, finishedAt, hosts }: RunResult): string {
  const all = Date.parse(finishedAt) - Date.parse(startedAt);
  const longest = hosts.toSorted((a, b) => b.durationMs - a.durationMs)[0];
  const one = longest === undefined || hosts.length === 1;
  return `${seconds(all)}${one ? '' : `, the longest ${printable(longest.name)} ${seconds(longest.durationMs)}`}`;
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}

/** One line for each name, with all rules that give it. */
function missingLines({ missingDomains, missingOk, strict }: RunResult, paint: Paint): string[] {
  const byName = new Map<string, string[]>();
  for (const { domain, rule } of missingDomains) {
    const where = rule.file === '' ? '' : ` (${rule.file}:${rule.line})`;
    byName.set(domain, [...(byName.get(domain) ?? []), `rule "${rule.name}"${where}`]);
  }
  return [...byName].map(([domain, rules]) => {
    const text = printable(`no host has a VM "${domain}", which ${oneOf(rules, 'and')} named`);
    return missingOk && strict !== true
      ? paint('yellow', `warning: ${text}`)
      : paint('red', `error: ${text}`);
  });
}

function hostTotals(
  hosts: readonly HostResult[],
  numbers: Readonly<Record<string, number>>,
  looks: Readonly<Record<string, Omit<Look, 'sign'>>>,
  paint: Paint,
): string {
  const parts = Object.entries(numbers)
    .filter(([name, count]) => count > 0 && name in looks)
    .map(([name, count]) => {
      const ignored = hosts.filter((host) => host.status === name && host.ignored === true).length;
      const words = `${count} ${looks[name]?.words}${ignoredWords(count, ignored)}`;
      return paint(looks[name]?.format ?? 'reset', words);
    });
  return `${numbers.total} in all${parts.length > 0 ? `: ${parts.join(', ')}` : ''}`;
}
