import { plural, shorten } from '../base/text.ts';
import { isHeld } from '../engine/exit_code.ts';
import { type Change, commandLines } from '../model/change.ts';
import { HOST_STATUSES, type HostResult, type RunResult } from '../model/result.ts';
import { moduleNamed } from '../modules/index.ts';
import { kindTotals, kindWords } from '../report/counts.ts';
import { laterLines } from '../report/later.ts';
import { HOST_LOOK, SUBJECT_LOOK } from '../report/style.ts';
import { summarise } from '../report/summary.ts';
import { WOULD_CHANGE } from '../report/text.ts';
import {
  confirmCommand,
  confirmText,
  findingsOf,
  hostVerdict,
  messageOf,
  nameOf,
  verdictIn,
} from './findings.ts';
import { codeBlock, codeCell, codeSpan } from './markdown_text.ts';
import type { ReportContext } from './reporter.ts';

/** GitHub refuses a comment of more than 65,536 characters. */
export const COMMENT_BYTES = 60_000;
/** Of hosts, in the table at the top. */
const MOST_ROWS = 50;
const MOST_TEXT = 500;

/**
 * GitHub-flavoured Markdown for a comment or a summary, which GitLab reads too: counts, a table of the hosts with
 * trouble or changes, and below it the changes of each host in a fold. Text of hosts and users stands in code only.
 * @param mostBytes what does not fit is left out from the end, where the hosts with the least trouble are, and counted
 */
export function* markdownReport(
  result: RunResult,
  context?: ReportContext,
  mostBytes = COMMENT_BYTES,
): Generator<string> {
  const hosts = result.hosts.filter(hasNews).sort((a, b) => gravity(a) - gravity(b));
  const tail = footer(result);
  let left = mostBytes - Buffer.byteLength(tail) - 200;
  let full = false;
  function* take(piece: string): Generator<string> {
    const bytes = Buffer.byteLength(piece);
    full ||= bytes > left;
    if (full) return;
    left -= bytes;
    yield piece;
  }
  yield* take(header(result, context?.plan));
  yield* take(rulesPart(result));
  yield* take(laterPart(result));
  if (hosts.length > 0) yield* take('\n| host | status | |\n| --- | --- | --- |\n');
  for (const host of hosts.slice(0, MOST_ROWS)) yield* take(row(host, result));
  if (hosts.length > MOST_ROWS) yield* take(`\n${plural(hosts.length - MOST_ROWS, 'more host')} below.\n`);
  let shown = 0;
  for (const host of hosts) {
    if (host.resources.some((change) => isNews(host, change))) yield* take(details(host));
    if (!full) shown += 1;
  }
  if (shown < hosts.length)
    yield `\n${plural(hosts.length - shown, 'host')} left out, since this would be too long: the JSON report has all.\n`;
  yield tail;
}

function header(result: RunResult, plan: string | undefined): string {
  const { hosts, resources } = summarise(result.hosts);
  // Of validate.
  const wrong = result.warnings.filter(({ severity }) => severity === 'error').length;
  if (wrong > 0) return `### virtune: ${plural(wrong, 'error')} in files\n`;
  const words = HOST_STATUSES.filter((status) => hosts[status] > 0).map(
    (status) => `${hosts[status]} ${wordsOf(status, result)}`,
  );
  const rows = Object.entries(resources).map(
    ([kind, counts]) => `- **${kindWords(kind)}**: ${kindTotals(counts, (_, text) => text)}\n`,
  );
  const mode = plan !== undefined ? ' (a plan)' : result.mode === 'check' ? ' (check mode)' : '';
  return `### virtune: ${words.join(', ') || 'no hosts'}${mode}\n\n- **hosts**: ${hosts.total} in all\n${rows.join('')}${confirmLine(result)}`;
}

function confirmLine(result: RunResult): string {
  const text = confirmText(result);
  return text === '' ? '' : `\n${text} ${codeSpan(confirmCommand(result))}\n`;
}

function wordsOf(status: HostResult['status'], { mode }: RunResult): string {
  return status === 'changed' && mode === 'check' ? WOULD_CHANGE : HOST_LOOK[status].words;
}

/** What rules and files have to say, which is no host's. */
function rulesPart(result: RunResult): string {
  const rest = findingsOf(result).filter(({ host }) => host === '');
  const lines = rest.slice(0, 20).map(({ outcome, weight, message, place }) => {
    const where = place === undefined ? '' : ` ${codeSpan(`${place.file}:${place.line}`)}`;
    return `- ${outcome === 'error' ? '**error**' : weight === 'info' ? 'note' : 'warning'}: ${codeSpan(shorten(message, MOST_TEXT))}${where}\n`;
  });
  if (rest.length > 20) lines.push(`- ${rest.length - 20} more\n`);
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

/** What changes of itself later. */
function laterPart(result: RunResult): string {
  const lines = laterLines(result, (_, text) => text).map(
    (line) => `- ${codeSpan(shorten(line, MOST_TEXT))}\n`,
  );
  return lines.length === 0 ? '' : `\n${lines.join('')}`;
}

function row(host: HostResult, result: RunResult): string {
  const news = host.resources.filter((change) => isNews(host, change));
  const counts = new Map<string, number>();
  for (const { status } of news)
    counts.set(SUBJECT_LOOK[status].words, (counts.get(SUBJECT_LOOK[status].words) ?? 0) + 1);
  const said = [...counts].map(([words, count]) => `${count} ${words}`).join(', ');
  const error = host.error === undefined ? '' : codeCell(shorten(host.error, MOST_TEXT));
  return `| ${codeCell(shorten(host.name, 100))} | ${wordsOf(host.status, result)} | ${[error, said].filter((part) => part !== '').join('; ')} |\n`;
}

function details(host: HostResult): string {
  const news = host.resources.filter((change) => isNews(host, change));
  // GitHub makes nothing of Markdown within a summary: an element takes the place of the code span.
  const title = `${codeElement(shorten(host.name, 100))}: ${plural(news.length, 'change')}`;
  return `\n<details><summary>${title}</summary>\n\n${codeBlock('diff', news.flatMap(changeLines))}\n</details>\n`;
}

function codeElement(text: string): string {
  const plain = text.replaceAll(/[^\p{L}\p{N} ._:/-]/gu, '?');
  return `<code>${plain}</code>`;
}

function changeLines(change: Change): readonly string[] {
  const { status, rules } = change;
  const { text } = moduleNamed(change.module);
  const rule = rules.at(-1);
  const where = rule === undefined || rule.file === '' ? '' : `  (${rule.file}:${rule.line})`;
  const isDone = status === 'pending' || status === 'changed';
  const lines = [
    `${isDone ? '~' : status === 'waived' ? '·' : '!'} ${nameOf(change)}: ${isDone ? '' : `${SUBJECT_LOOK[status].words}: `}${messageOf(change)}${where}`,
    ...(isDone ? text.diff(change) : []),
    ...(status === 'waived' ? [] : commandLines(change).map((line) => `  $ ${line}`)),
  ];
  return lines.map((line) => shorten(line, MOST_TEXT));
}

function footer({ id, command, user }: RunResult): string {
  return `\n<sub>run ${codeSpan(shorten(id, 100))} by ${codeSpan(shorten(user, 100))}: ${codeSpan(shorten(command, MOST_TEXT))}</sub>\n`;
}

function isNews(host: HostResult, change: Change): boolean {
  const { status } = change;
  return (
    status === 'changed' ||
    status === 'waived' ||
    isHeld(change) ||
    !['passed', 'skipped'].includes(verdictIn(host, change).outcome)
  );
}

function hasNews(host: HostResult): boolean {
  return hostVerdict(host).outcome !== 'passed' || host.resources.some((change) => isNews(host, change));
}

const GRAVITY: readonly HostResult['status'][] = [
  'refused',
  'failed',
  'unreachable',
  'changed',
  'skipped',
  'ok',
];

function gravity({ status }: HostResult): number {
  return GRAVITY.indexOf(status);
}
