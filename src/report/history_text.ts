import { groupBy } from '../base/group.ts';
import { plural, printable, shorten } from '../base/text.ts';
import { utcText } from '../base/time/utc.ts';
import { EXIT } from '../engine/exit_code.ts';
import type { SubjectStatus } from '../model/status.ts';
import { moduleNamed } from '../modules/index.ts';
import type { Who } from '../record/entry.ts';
import type { RunHistory } from '../record/history.ts';
import type { Made } from '../record/made.ts';
import { shortId, timeOf } from '../record/run_id.ts';
import { causeText } from './causes.ts';
import { columnsOf } from './columns.ts';
import { waitingTexts } from './history_waiting.ts';
import { EFFECT_LOOK, type Paint, SUBJECT_LOOK } from './style.ts';
import { ruleText, subjectName } from './text.ts';
import { painted, wrapText } from './wrap.ts';

export interface HistoryLook {
  readonly paint: Paint;
  /** Of the terminal; undefined where there is none. */
  readonly columns: number | undefined;
  /** By which it is told whether a run still waits for its confirm. */
  readonly now: Date;
}

const WIDTH = 80;
const HEAD = ['RUN', 'WHEN (UTC)', 'WHO', 'WHAT CAME OF IT'] as const;
/** Of the first three columns. */
const WIDTHS = [8, 16, 20] as const;

/** A line or two for each run. */
export function listLines(runs: readonly RunHistory[], look: HistoryLook): string[] {
  return [look.paint('dim', row(HEAD)), ...runs.flatMap((run) => runLines(run, look))];
}

function runLines(run: RunHistory, { paint, now, columns }: HistoryLook): string[] {
  const { start, run: id } = run;
  const who = start === null ? '?' : shorten(printable(whoWords(start.who)), WIDTHS[2]);
  const head = row([shortId(id), minute(timeOf(id)), who, '']);
  // Its own column, and below it what does not fit.
  const pad = WIDTHS.reduce((sum, width) => sum + width + 2, 0);
  const [first = '', ...rest] = wrapText(outcomeText(run), pad - 2, columns);
  const lines = [`${head.padEnd(pad)}${first.trimStart()}`, ...rest];
  const below = (text: string) => shorten(`          ${printable(text)}`, WIDTH);
  if (start !== null) lines.push(paint('dim', below(start.command)));
  if (start?.reason !== undefined) lines.push(paint('dim', below(`reason: ${start.reason}`)));
  for (const text of waitingTexts(run.waiting, now)) lines.push(...wrapText(text, 10, WIDTH));
  const fault = faultText(run);
  if (fault !== '') lines.push(...painted(wrapText(fault, 10, WIDTH), paint, 'red'));
  return lines;
}

/** A run in full. */
export function runText(run: RunHistory, look: HistoryLook): string[] {
  const { paint } = look;
  const { run: id, start, end, made } = run;
  const rows: [string, string][] = [['run', id]];
  if (start !== null) {
    rows.push(['began', utcText(start.at)], ['ended', endText(run)]);
    rows.push(['who', whoText(start.who)], ['command', start.command]);
    if (start.of !== undefined) rows.push([OF[start.what] ?? 'of', start.of]);
    if (start.reason !== undefined) rows.push(['reason', start.reason]);
  }
  if (end !== null) rows.push(['exit', String(end.exitCode)], ['hosts', counted(end.hosts) || 'none']);
  rows.push(['came to', outcomeText(run)]);
  for (const text of waitingTexts(run.waiting, look.now)) rows.push(['confirm', text]);
  rows.push(['file', run.file]);
  const lines = rows.map(([title, text]) => `${`${title}:`.padEnd(9)} ${printable(text)}`);
  const fault = faultText(run);
  if (fault !== '') lines.push(...painted(wrapText(fault, 0, look.columns), paint, 'red'));
  for (const host of new Set(made.map(({ change }) => change.host).toSorted())) {
    lines.push('', paint('bold', printable(host)));
    for (const one of made.filter(({ change }) => change.host === host)) lines.push(...madeLines(one, look));
  }
  return lines;
}

/** What the other run, or the plan, is to it. */
const OF: Readonly<Record<string, string>> = { rollback: 'undoes', confirm: 'confirms', apply: 'plan' };

/** What happened to one VM, newest first. */
export function vmLines(runs: readonly RunHistory[], look: HistoryLook): string[] {
  return runs.flatMap((run) => {
    const { start, made, run: id } = run;
    const fault = faultText(run);
    const reason = start?.reason === undefined ? '' : printable(`reason: ${start.reason}`);
    const places = groupBy(made, ({ change }) => `${change.host} ${change.domain.uuid}`);
    const lines = [...places.values()].flatMap((all) => {
      const [{ change, at }] = all;
      const who = start === null ? '?' : whoWords(start.who);
      const head = [utcText(at), shortId(id), who, `${change.domain.name} on ${change.host}`].map(printable);
      return [
        look.paint('bold', head.join('  ')),
        ...(reason === '' ? [] : painted(wrapText(reason, 2, look.columns), look.paint, 'dim')),
        ...all.flatMap((one) => madeLines(one, look)),
      ];
    });
    if (fault !== '') lines.push(...painted(wrapText(`${id}: ${fault}`, 0, look.columns), look.paint, 'red'));
    return lines;
  });
}

function madeLines({ change, isKnown }: Made, { paint, columns }: HistoryLook): string[] {
  const { text } = moduleNamed(change.module);
  const { sign, format } =
    change.status === 'changed'
      ? EFFECT_LOOK[text.effect(change)]
      : SUBJECT_LOOK[isKnown ? change.status : 'failed'];
  const head = paint(format, `${sign} ${subjectName(change)}:`);
  const lines = wrapText(printable(text.sentence(change)), 2, columns, head);
  const below = (words: string, colour: Parameters<Paint>[0]) =>
    lines.push(...painted(wrapText(printable(words), 6, columns), paint, colour));
  if (!isKnown) below('it is not known whether this was written: what became of it is not recorded', 'red');
  else if (change.status !== 'changed')
    below(
      `${SUBJECT_LOOK[change.status].words}${change.reason === undefined ? '' : `: ${change.reason}`}`,
      format,
    );
  if (change.cause !== undefined) below(`why: ${causeText(change.cause)}`, 'dim');
  below(ruleText(change) || 'no rule', 'dim');
  return lines;
}

function endText({ end, fault, state }: RunHistory): string {
  if (end !== null) return utcText(end.at);
  return fault?.kind === 'broken' ? 'not known: its record is broken' : STATES[state];
}

const STATES = { ended: '', running: 'it goes on', cut: 'not recorded: it was cut off' } as const;

/** Worth a word in a list, gravest first: all but what is as it is to be. */
const TOLD: readonly SubjectStatus[] = [
  'changed',
  'unreachable',
  'failed',
  'busy',
  'locked',
  'notFound',
  'ambiguous',
  'unsupported',
  'conflict',
  'refused',
  'stale',
  'skipped',
  'notRunning',
  'pending',
  'waived',
];

/** `12 changed, 1 failed` */
function outcomeText({ end, state, made, start, fault }: RunHistory): string {
  if (start?.what === 'prune') return 'old runs removed';
  const unknown = made.filter(({ isKnown }) => !isKnown).length;
  const numbers = end?.subjects ?? countOf(made.filter(({ isKnown }) => isKnown));
  const parts = TOLD.flatMap((status) =>
    (numbers[status] ?? 0) === 0 ? [] : [`${numbers[status]} ${SUBJECT_LOOK[status].words}`],
  );
  if (unknown > 0 && end === null) parts.push(`${unknown} not known`);
  const lost = end?.hosts.unreachable ?? 0;
  if (lost > 0) parts.push(`${plural(lost, 'host')} unreachable`);
  const bad = end?.hosts.failed ?? 0;
  if (bad > 0 && parts.every((part) => !part.includes('failed'))) parts.push(`${plural(bad, 'host')} failed`);
  const skipped = end?.hosts.skipped ?? 0;
  if (skipped > 0) parts.push(`${plural(skipped, 'host')} skipped`);
  const text = parts.join(', ');
  if (fault?.kind === 'broken') return `broken${text === '' ? '' : `: ${text}`}`;
  if (state === 'running') return `goes on${text === '' ? '' : `: ${text}`}`;
  if (end?.exitCode === EXIT.interrupted)
    return `interrupted${text === '' ? ', nothing written' : `: ${text}`}`;
  if (state === 'cut') return `cut off${text === '' ? ', nothing written' : `: ${text}`}`;
  if (text !== '') return text;
  const failed = end !== null && end.exitCode !== EXIT.ok;
  return failed ? `nothing written, exit status ${end.exitCode}` : 'nothing to change';
}

function countOf(made: readonly Made[]): Partial<Record<SubjectStatus, number>> {
  const counts: Partial<Record<SubjectStatus, number>> = {};
  for (const { change } of made) counts[change.status] = (counts[change.status] ?? 0) + 1;
  return counts;
}

function counted(numbers: Readonly<Record<string, number>>): string {
  return Object.entries(numbers)
    .map(([name, count]) => `${count} ${name}`)
    .join(', ');
}

/** What cannot be believed, and where; '' where all can. */
function faultText({ fault, file, state }: RunHistory): string {
  if (fault === null || state === 'running') return '';
  const what = fault.kind === 'torn' ? 'it was cut off while it wrote' : 'broken';
  return printable(`${file}:${fault.line}: ${what}: ${fault.text}; only what stands before it is shown`);
}

/** `alice@ctl01`; in CI who started the job, where that is said. */
function whoWords({ user, host, sudoUser, ci }: Who): string {
  const { GITHUB_ACTOR, GITLAB_USER_LOGIN, BUILD_REQUESTEDFOR } = ci?.claims ?? {};
  return `${GITHUB_ACTOR ?? GITLAB_USER_LOGIN ?? BUILD_REQUESTEDFOR ?? sudoUser ?? user}@${ci?.platform ?? host}`;
}

function whoText({ user, uid, host, sudoUser, ci, tokens = [] }: Who): string {
  const parts = [`${user}${uid === null ? '' : ` (uid ${uid})`} on ${host}`];
  if (sudoUser !== undefined) parts.push(`by sudo from ${sudoUser}`);
  const said = (claims: Readonly<Record<string, string>>) =>
    Object.entries(claims).map(([name, value]) => `${name}=${value}`);
  if (ci !== undefined) parts.push([`in ${ci.platform}, which claims`, ...said(ci.claims)].join(' '));
  for (const { kind, claims } of tokens)
    parts.push([`by a token of ${kind} that was checked:`, ...said(claims)].join(' '));
  return parts.join(', ');
}

function row(cells: readonly string[]): string {
  return cells
    .map((cell, index) => {
      const width = WIDTHS[index];
      return width === undefined ? cell : cell + ' '.repeat(Math.max(0, width - columnsOf(cell)));
    })
    .join('  ')
    .trimEnd();
}

const minute = (iso: string): string => iso.slice(0, 16).replace('T', ' ');
